import type { Evidence } from '../../ingestion/errors.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { evidenceLine, hintOf } from './hints.ts';

const keeping = new Map<Reason, string>([
  [
    'vault-forbidden',
    'Patchbay’s identity may not use it: give it the role Key Vault Secrets Officer on the vault (up to 15 minutes until that has effect), or let it through the vault’s firewall.',
  ],
  ['vault-unknown', 'There is no such vault: whoever runs Patchbay must correct KEY_VAULT_URL.'],
  ['vault-unreachable', 'It does not answer. Try again in a minute.'],
  ['vault-throttled', 'It has too much to do. Try again in a minute.'],
  ['key-deleted', 'was deleted from the Key Vault.'],
  ['key-disabled', 'is switched off in the Key Vault.'],
  ['key-unreadable', 'can’t be opened.'],
]);

/** What is to be done about one that is gone: a token is pasted, and another key is made. */
const instead = { token: 'Paste one here.', key: 'Another one is shown below: paste that into Okta.' };

/** The sentence where a token, or the key of a service app, can't be kept, or one that was can't be read. */
export function keepSentence(
  { deed, what }: { deed: 'keep' | 'read'; what: keyof typeof instead },
  reason: Reason,
  evidence: Evidence,
): string {
  const said = evidenceLine(evidence);
  const why = keeping.get(reason) ?? `${hintOf(reason).title}.`;
  const vault = evidence.subject ? `the Key Vault ${evidence.subject}` : 'its place';
  const happened =
    deed === 'keep'
      ? `The ${what} could not be stored in ${vault}; nothing was changed.`
      : `The stored ${what} can’t be read from ${vault}.`;
  const text = reason.startsWith('key-') ? `The stored ${what} ${why} ${instead[what]}` : `${happened} ${why}`;
  return said ? `${text} (${said})` : text;
}
