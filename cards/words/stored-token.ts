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
