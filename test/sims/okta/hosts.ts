/** Whether a host is in one of Okta's own domains. */
export function isOkta(host: string): boolean {
  return /\.(okta|oktapreview|okta-emea|okta-gov)\.com$/.test(host);
}
