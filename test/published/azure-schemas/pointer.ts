/** A part of a JSON document that is not looked into more closely. */
export type Node = { [name: string]: unknown };

/** The part of a document that a JSON pointer names. */
export function at(document: Node, pointer: string): Node {
  let found: unknown = document;
  for (const part of pointer.split('/').slice(1)) {
    found = (found as Node | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  if (typeof found !== 'object' || found === null) throw new Error(`the document lacks ${pointer}`);
  return found as Node;
}
