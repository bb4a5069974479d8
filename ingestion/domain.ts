import { isIP } from 'node:net';

/** What a person typed as an Okta domain or token: usable (perhaps after stripping), or refused for one reason. */
export type Typed<Fault> =
  | { kind: 'ok'; value: string; stripped: boolean }
  | { kind: 'refused'; why: Fault; suggestion?: string };

export type DomainFault = 'empty' | 'not-a-host' | 'address' | 'internal' | 'admin' | 'example';
export type TokenFault = 'empty' | 'blanks' | 'too-long' | 'not-a-token';

const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/**
 * Accepts a bare host, custom domains included; strips a pasted scheme, path slash and case. Refuses addresses and internal
 * names (a token must not be sent there) and the admin console's host, for which the right one is suggested.
 */
export function readDomain(text: string): Typed<DomainFault> {
  const typed = text.trim();
  const host = typed
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '');
  if (host === '') return { kind: 'refused', why: 'empty' };
  if (/youroktadomain|yourcompany\.okta|example\.okta/.test(host)) return { kind: 'refused', why: 'example' };
  if (isAddress(host)) return { kind: 'refused', why: 'address' };
  const labels = host.split('.');
  if (host.length > 253 || !labels.every((part) => label.test(part))) return { kind: 'refused', why: 'not-a-host' };
  if (labels.length < 2 || /(^|\.)(localhost|local|internal|localdomain|lan|home|corp|arpa)$/.test(host)) {
    return { kind: 'refused', why: 'internal' };
  }
  const admin =
    /^([a-z0-9-]+)-admin(\.(okta|oktapreview|okta-emea|okta-gov|trex-govcloud)\.com|\.okta\.mil|\.okta-miltest\.com)$/.exec(
      host,
    );
  if (admin) return { kind: 'refused', why: 'admin', suggestion: `${admin[1]}${admin[2]}` };
  return { kind: 'ok', value: host, stripped: host !== typed.toLowerCase() };
}

/** An IP address in any spelling: the URL parser reads 0x7f.1 and 2130706433 as the address that they are. */
function isAddress(host: string): boolean {
  const url = `https://${host}/`;
  return URL.canParse(url) && isIP(new URL(url).hostname.replace(/^\[|\]$/g, '')) !== 0;
}

/** Accepts an API token; strips a pasted `Authorization:` header and the `SSWS` prefix. */
export function readToken(text: string): Typed<TokenFault> {
  const typed = text.trim();
  const token = typed.replace(/^authorization\s*:\s*/i, '').replace(/^ssws(\s+|$)/i, '');
  if (token === '') return { kind: 'refused', why: 'empty' };
  if (/\s/.test(token)) return { kind: 'refused', why: 'blanks' };
  if (token.length > 500) return { kind: 'refused', why: 'too-long' };
  if (!/^[\x21-\x7e]{20,}$/.test(token)) return { kind: 'refused', why: 'not-a-token' };
  return { kind: 'ok', value: token, stripped: token !== typed };
}
