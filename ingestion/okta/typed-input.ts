import { isIP } from 'node:net';

/** What a person typed as an Okta domain or token: usable (perhaps after stripping), or refused for one reason. */
export type Typed<Fault> =
  | { kind: 'ok'; value: string; stripped: boolean }
  | { kind: 'refused'; why: Fault; suggestion?: string };

/**
 * A text as people see it: without the characters that nobody sees and that come along when it is copied out of a page or a chat
 * (zero width blanks, soft hyphens, byte order and direction marks: Unicode's format controls and what it lets a font ignore). What
 * joins an emoji stays.
 */
export function visible(text: string): string {
  return text.replace(
    /(?=[\p{Emoji}\p{Cf}\p{Default_Ignorable_Code_Point}\0])(?:(\p{RGI_Emoji})|[^\p{Emoji}])/gv,
    '$1',
  );
}

/** What was copied with its quotes, its brackets, or as a link of Markdown, without those. */
function unwrapped(text: string): string {
  const [, address] = /^\[[^\]]*\]\(([^)]*)\)$/.exec(text) ?? [];
  return address ?? text.replace(/^["'`“”„‘’«<(]+|(?<!["'`“”‘’»>)])["'`“”‘’»>)]+$/g, '').trim();
}

/** Why a domain is refused; its sentence is in cards/words/fields.ts. */
export type DomainFault = 'empty' | 'not-a-host' | 'address' | 'internal' | 'admin' | 'example';
/** Why a token is refused; its sentence is in cards/words/fields.ts. */
export type TokenFault = 'empty' | 'blanks' | 'too-long' | 'not-a-token';
/** Why a client id is refused; its sentence is in cards/words/fields.ts. */
export type ClientFault = 'empty' | 'not-an-id';

const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
/** A host name has 253 letters at most (RFC 1035); what may stand around a pasted one is cut before any pattern sees it. */
const longestHost = 253;
const longestPasted = 2_000;

/**
 * Accepts a bare host, custom domains included; takes the host out of an address that was pasted, such as that of the org's home
 * page: without scheme, the port of https, path, query, quotes, final dots, case and wide letters. Refuses addresses and internal names (a token must not be sent there) and the admin console's host, for which the right one is suggested; so does Okta's
 * own SDK (github.com/okta/okta-sdk-python, okta/config/config_validator.py). Never throws; reads at most 2,000 characters.
 */
export function readDomain(text: string): Typed<DomainFault> {
  const typed = visible(text).trim();
  if (typed.length > longestPasted) return { kind: 'refused', why: 'not-a-host' };
  const host = hostIn(unwrapped(typed).normalize('NFKC').toLowerCase());
  if (host === '') return { kind: 'refused', why: 'empty' };
  if (/youroktadomain|yourcompany\.okta|example\.okta/.test(host)) return { kind: 'refused', why: 'example' };
  if (isAddress(host)) return { kind: 'refused', why: 'address' };
  const labels = host.split('.');
  if (host.length > longestHost || !labels.every((part) => label.test(part)))
    return { kind: 'refused', why: 'not-a-host' };
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

/** What stands for a host in an address; not by the URL parser, which would also mend what is none. */
function hostIn(address: string): string {
  const [host = ''] = address.replace(/^https?:\/\//, '').split(/[/?#]/, 1);
  return host.replace(/:443$/, '').replace(/(?<!\.)\.+$/, '');
}

/** An IP address in any spelling: the URL parser reads 0x7f.1 and 2130706433 as the address that they are. */
function isAddress(host: string): boolean {
  const url = `https://${host}/`;
  return URL.canParse(url) && isIP(new URL(url).hostname.replace(/^\[|\]$/g, '')) !== 0;
}

/** Accepts the client id of an app, letters and digits as Okta makes them, without quotes around them. Never throws. */
export function readClient(text: string): Typed<ClientFault> {
  const typed = visible(text).trim();
  if (typed.length > longestPasted) return { kind: 'refused', why: 'not-an-id' };
  const id = unwrapped(typed);
  if (id === '') return { kind: 'refused', why: 'empty' };
  if (!/^[A-Za-z0-9_-]{5,100}$/.test(id)) return { kind: 'refused', why: 'not-an-id' };
  return { kind: 'ok', value: id, stripped: id !== typed };
}

const longestToken = 500;

/**
 * Accepts an API token of 20 to 500 visible ASCII characters; strips quotes, a pasted `Authorization:` header and the `SSWS` prefix
 * (https://developer.okta.com/docs/guides/create-an-api-token/main/). Never throws.
 */
export function readToken(text: string): Typed<TokenFault> {
  const typed = visible(text).trim();
  if (typed.length > longestPasted) return { kind: 'refused', why: 'too-long' };
  const token = unwrapped(typed)
    .replace(/^authorization\s*:\s*/i, '')
    .replace(/^ssws(\s+|$)/i, '');
  if (token === '') return { kind: 'refused', why: 'empty' };
  if (/\s/.test(token)) return { kind: 'refused', why: 'blanks' };
  if (token.length > longestToken) return { kind: 'refused', why: 'too-long' };
  if (!/^[\x21-\x7e]{20,}$/.test(token)) return { kind: 'refused', why: 'not-a-token' };
  return { kind: 'ok', value: token, stripped: token !== typed };
}
