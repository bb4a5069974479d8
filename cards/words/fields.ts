import type { Evidence } from '../../ingestion/errors.ts';
import type { DomainFault, TokenFault } from '../../ingestion/okta/typed-input.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { evidenceLine, hintOf } from './hints.ts';

/** The longest name a connector may have. */
export const nameLimit = 60;

/** Why a connector's name is refused. */
export type NameFault = 'empty' | 'too-long' | 'taken';

const names = new Map<NameFault, string>([
  ['empty', 'Give the connector a name.'],
  ['too-long', `Use at most ${nameLimit} characters.`],
  ['taken', 'Another connector has this name already. Choose another one.'],
]);

/** The sentence under the name field. */
export function nameSentence(fault: NameFault): string {
  return names.get(fault) ?? '';
}

const domains = new Map<DomainFault, string>([
  ['empty', 'Type the Okta domain, for example acme.okta.com.'],
  ['not-a-host', 'This is not a domain name. Type only the name, for example acme.okta.com, without a path or port.'],
  ['address', 'An IP address can’t be an Okta org. Type its domain name, for example acme.okta.com.'],
  ['internal', 'This name leads into a private network. Type the org’s public domain, for example acme.okta.com.'],
  ['admin', 'This is the address of the Admin Console.'],
  ['example', 'This is the example from the instructions. Type your own org’s domain.'],
]);

/** The sentence under the domain field; `suggestion` is the domain that was probably meant. */
export function domainSentence(fault: DomainFault, suggestion?: string): string {
  return [domains.get(fault) ?? '', suggestion ? `Did you mean ${suggestion}?` : ''].filter(Boolean).join(' ');
}

const tokens = new Map<TokenFault, string>([
  ['empty', 'Paste the API token.'],
  ['blanks', 'A token has no blanks in it. Paste the token’s value only.'],
  ['too-long', 'This is too long for an API token. Paste the token’s value only.'],
  ['not-a-token', 'This does not look like an Okta API token. Paste the value that Okta showed when it was created.'],
]);

/** The sentence under the key field; what was typed is not repeated. */
export function tokenSentence(fault: TokenFault): string {
  return tokens.get(fault) ?? '';
}

type Sentence = { field: 'domain' | 'key'; text(evidence: Evidence): string };

const probes = new Map<Reason, Sentence>([
  ['domain-unknown', { field: 'domain', text: () => 'No Okta org answers at this domain. Check the spelling.' }],
  [
    'domain-refused',
    {
      field: 'domain',
      text: ({ subject }) =>
        `${subject ?? 'Another address'} is no place to send a token: it is outside of this org, or inside a private network. Type the org’s own domain.`,
    },
  ],
  [
    'okta-unreachable',
    {
      field: 'domain',
      text: ({ status }) =>
        status
          ? 'Okta answers with an error of its own. Try again in some minutes, or look at status.okta.com.'
          : 'No connection to this domain. Check the spelling, or try again in a moment.',
    },
  ],
  [
    'okta-answer-unusable',
    { field: 'domain', text: () => 'Something answers at this domain, but it is not an Okta System Log.' },
  ],
  ['okta-request-refused', { field: 'domain', text: () => 'This org refuses to show its System Log to Patchbay.' }],
  [
    'rate-limited',
    {
      field: 'domain',
      text: () => 'This org’s calls to the System Log are used up right now. Try again in a minute or two.',
    },
  ],
  [
    'proxy-refused',
    {
      field: 'domain',
      text: ({ status }) =>
        status === 407
          ? 'The proxy of this network wants a user and password that Patchbay does not have. Whoever runs Patchbay sets HTTPS_PROXY.'
          : 'The proxy of this network does not allow this domain. Check the spelling, or have it allowed there.',
    },
  ],
  [
    'certificate-unknown',
    {
      field: 'domain',
      text: () =>
        'What answers at this domain shows a certificate that is not trusted here. If a proxy looks into the traffic, whoever runs Patchbay names its CA in NODE_EXTRA_CA_CERTS.',
    },
  ],
  [
    'token-refused',
    {
      field: 'key',
      text: () =>
        'Okta does not take this token: it is mistyped, of another org, expired or revoked. Create one in Security › API › Tokens.',
    },
  ],
  [
    'token-not-permitted',
    {
      field: 'key',
      text: () =>
        'The token is good, but its owner may not read the System Log. Give the owner the role Read-only Administrator, or use another user’s token.',
    },
  ],
]);

const keeping = new Map<Reason, string>([
  [
    'vault-forbidden',
    'Patchbay’s identity may not use it: give it the role Key Vault Secrets Officer on the vault (up to 15 minutes until that has effect), or let it through the vault’s firewall.',
  ],
  ['vault-unknown', 'There is no such vault: whoever runs Patchbay must correct KEY_VAULT_URL.'],
  ['vault-unreachable', 'It does not answer. Try again in a minute.'],
  ['vault-throttled', 'It has too much to do. Try again in a minute.'],
  ['key-deleted', 'The stored token was deleted from the Key Vault. Paste one here.'],
  ['key-disabled', 'The stored token is switched off in the Key Vault. Paste one here.'],
  ['key-unreadable', 'The stored token can’t be opened. Paste one here.'],
]);

/** The sentence under the key field when a token can't be kept, or one that was can't be read. */
export function keepSentence(deed: 'keep' | 'read', reason: Reason, evidence: Evidence): string {
  const said = evidenceLine(evidence);
  const why = keeping.get(reason) ?? `${hintOf(reason).title}.`;
  const vault = evidence.subject ? `the Key Vault ${evidence.subject}` : 'its place';
  const what =
    deed === 'keep'
      ? `The token could not be stored in ${vault}; nothing was changed.`
      : `The stored token can’t be read from ${vault}.`;
  const text = reason.startsWith('key-') ? why : `${what} ${why}`;
  return said ? `${text} (${said})` : text;
}

/** Where a failed probe of Okta belongs, and what is said there; Okta's own words stand behind it. */
export function probeSentence(reason: Reason, evidence: Evidence): { field: 'domain' | 'key'; text: string } {
  const { field, text } = probes.get(reason) ?? {
    field: 'domain',
    text: () => `${hintOf(reason).title}. Try again in a moment.`,
  };
  const said = evidenceLine(evidence);
  return { field, text: said ? `${text(evidence)} (${said})` : text(evidence) };
}
