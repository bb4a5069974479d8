/** Whether `text` is a GUID with hyphens, in any case: what goes into a filter, or into a query for an id, must be nothing else. */
export function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
