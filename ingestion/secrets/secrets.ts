import type { Evidence } from '../errors.ts';
import type { Reason } from '../reasons.ts';
import type { Queryable } from '../store/database.ts';

/**
 * Where Okta tokens are: sealed in PostgreSQL, or in an Azure Key Vault. The rest of the store holds the id of a row of
 * `secrets` only; a token that replaces another one has another id.
 */
export type Secrets = {
  /**
   * Keeps a token, and returns its id. Before the transaction that refers to it, as a vault may be slow; one to which nothing
   * refers in the end is swept. Throws ConnectorError.
   */
  keep(token: string, about: About): Promise<string>;
  /** The token behind an id, within `withinMs`. Throws ConnectorError: key-unreadable, or what the vault says. */
  read(keyId: string, withinMs?: number): Promise<string>;
  /** Okta refuses the token: it is looked at anew before it is used again. */
  doubt(keyId: string): void;
  /** Brings the vault to what the store says of the secret with this name. Throws ConnectorError. */
  clear(name: string): Promise<void>;
};

/** The connector's domain, the id of the token that is replaced, and the time that there is for it. */
export type About = { domain: string; replaces: string | null; withinMs?: number };

/** A poll's token, or why it can't be had. */
export type Token = { value: string } | { reason: Reason; evidence: Evidence };

/** A row of `secrets`: the sealed bytes, or the name and version of a secret in a vault, whose version is its answer. */
export type Secret =
  | { kind: 'sealed'; sealed: Buffer }
  | { kind: 'vault'; vault: string; name: string; version: string | null };

export async function findSecret(db: Queryable, id: string): Promise<Secret | null> {
  type Row = { sealed: Buffer | null; vault: string; name: string; version: string | null };
  const { rows } = await db.query<Row>('select sealed, vault, name, version from secrets where id = $1', [id]);
  if (!rows[0]) return null;
  const { sealed, ...inVault } = rows[0];
  return sealed ? { kind: 'sealed', sealed } : { kind: 'vault', ...inVault };
}

/** Nobody needs these tokens any more: sealed ones go at once, those in a vault are due to be cleared, now or at `dueAt`. */
export async function forget(
  db: Queryable,
  ids: readonly (string | null)[],
  { now, dueAt = now }: { now: number; dueAt?: number },
): Promise<void> {
  await db.query('delete from secrets where id = any($1) and name is null', [ids]);
  await db.query(
    `update secrets set forgotten_at = $2, due_at = $3
      where id = any($1) and name is not null and forgotten_at is null`,
    [ids, new Date(now), new Date(dueAt)],
  );
}

const unreferenced = `id not in (select key_id from drafts where key_id is not null)
  and id::text not in (select settings->>'keyId' from connectors)`;

/** Forgets a token that was kept for something that then did not happen. */
export async function forgetUnused(db: Queryable, keyId: string, now: number): Promise<void> {
  const { rows } = await db.query<{ id: string }>(`select id from secrets where id = $1 and ${unreferenced}`, [keyId]);
  await forget(
    db,
    rows.map(({ id }) => id),
    { now },
  );
}

/** A keep that has had no answer for so long was cut off. */
export const cutOffMs = 5 * 60_000;

/** Forgets what a crash has left without anything that refers to it. */
export async function sweepSecrets(db: Queryable, now: number): Promise<void> {
  const { rows } = await db.query<{ id: string }>(
    `select id from secrets where created_at < case when name is not null and version is null then $2::timestamptz else $1 end
        and forgotten_at is null and ${unreferenced}`,
    [new Date(now - 86_400_000), new Date(now - cutOffMs)],
  );
  await forget(
    db,
    rows.map(({ id }) => id),
    { now },
  );
}
