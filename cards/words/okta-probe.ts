import type { Evidence } from '../../ingestion/errors.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { evidenceLine, hintOf } from './hints.ts';

/** The fields that a trial call to Okta can find wrong. */
export type ProbedField = 'domain' | 'key' | 'client';

type Sentence = { field: ProbedField; text(evidence: Evidence): string };

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
      text: () => 'This org takes no more calls right now: they are used up. Try again in a minute or two.',
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
  [
    'app-refused',
    {
      field: 'client',
      text: () =>
        'Okta does not know a service app by this client ID and key. Check the client ID, that the public key shown here is saved and active on the app’s tab General, and that the app is active.',
    },
  ],
  [
    'app-not-permitted',
    {
      field: 'client',
      text: () =>
        'Okta knows the app, but it may not read the System Log. Grant it the scope okta.logs.read on the tab Okta API Scopes, and the role Read-only Administrator on the tab Admin roles.',
    },
  ],
]);

/** Where a failed probe of Okta belongs, and what is said there; Okta's own words stand behind it. */
export function probeSentence(reason: Reason, evidence: Evidence): { field: ProbedField; text: string } {
  const { field, text } = probes.get(reason) ?? {
    field: 'domain',
    text: () => `${hintOf(reason).title}. Try again in a moment.`,
  };
  const said = evidenceLine(evidence);
  return { field, text: said ? `${text(evidence)} (${said})` : text(evidence) };
}
