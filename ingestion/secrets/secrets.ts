import type { Queryable } from '../store/queryable.ts';

/**
 * Where the credentials for Okta are, API tokens and private keys of service apps, both named tokens here: sealed in PostgreSQL, or
 * in an Azure Key Vault. The rest of the store holds the id of a row of `secrets` only; a token that replaces another one has
 * another id.
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

/** A row of `secrets`: the sealed bytes, or the name and version of a secret in a vault, whose version is its answer. */
export type Secret =
  | { kind: 'sealed'; sealed: Buffer }
  | { kind: 'vault'; vault: string; name: string; version: string | null };

/** The row with this id; null when the token was forgotten and is gone. */
export async function findSecret(db: Queryable, id: string): Promise<Secret | null> {
  type Row = { sealed: Buffer | null; vault: string; name: string; version: string | null };
  const { rows } = await db.query<Row>('select sealed, vault, name, version from secrets where id = $1', [id]);
  if (!rows[0]) return null;
  const { sealed, ...inVault } = rows[0];
  return sealed ? { kind: 'sealed', sealed } : { kind: 'vault', ...inVault };
}

/** When the token with this id was kept, in ms since the epoch; null when it is gone. */
export async function readKeptAt(db: Queryable, id: string): Promise<number | null> {
  const { rows } = await db.query<{ created_at: number }>('select created_at from secrets where id = $1', [id]);
  return rows[0]?.created_at ?? null;
}

/** Keeps a token that was sealed for this id. */
export async function addSealed(
  db: Queryable,
  { id, sealed, now }: { id: string; sealed: Buffer; now: number },
): Promise<void> {
  await db.query('insert into secrets (id, sealed, created_at) values ($1, $2, $3)', [id, sealed, new Date(now)]);
}

/** All tokens that are sealed. */
export async function listSealed(db: Queryable): Promise<{ id: string; sealed: Buffer }[]> {
  const { rows } = await db.query<{ id: string; sealed: Buffer }>(
    'select id, sealed from secrets where sealed is not null',
  );
  return rows;
}

/** The same token, sealed with another key, unless somebody else has done so meanwhile. */
export async function replaceSealed(
  db: Queryable,
  id: string,
  { was, sealed }: { was: Buffer; sealed: Buffer },
): Promise<void> {
  await db.query('update secrets set sealed = $3 where id = $1 and sealed = $2', [id, was, sealed]);
}

/** A token is about to be stored in the vault as the next version of the secret `name`. */
export async function announceVersion(
  db: Queryable,
  { id, vault, name, now }: { id: string; vault: string; name: string; now: number },
): Promise<void> {
  await db.query('insert into secrets (id, vault, name, created_at) values ($1, $2, $3, $4)', [
    id,
    vault,
    name,
    new Date(now),
  ]);
}

/** The vault has stored the token as this version. */
export async function noteVersion(db: Queryable, id: string, version: string): Promise<void> {
  await db.query('update secrets set version = $2 where id = $1', [id, version]);
}

/** The vault has refused the token: nothing of it is there. */
export async function dropSecret(db: Queryable, id: string): Promise<void> {
  await db.query('delete from secrets where id = $1', [id]);
}

/** A version of a secret in a vault as the store knows it; null: the vault has not answered. */
export type KnownVersion = { vault: string; version: string | null; forgotten: boolean };

/** All versions of the secret that the store knows; one whose storing was cut off counts as forgotten. */
export async function listKnownVersions(db: Queryable, name: string, now: number): Promise<KnownVersion[]> {
  const { rows } = await db.query<KnownVersion>(
    `select vault, version, forgotten_at is not null or version is null and created_at < $2 as forgotten
       from secrets where name = $1`,
    [name, new Date(now - cutOffMs)],
  );
  return rows;
}

/** The vault is cleared of what was forgotten and is due; what is due later may still arrive there. */
export async function dropForgotten(db: Queryable, name: string, now: number): Promise<void> {
  await db.query('delete from secrets where name = $1 and forgotten_at is not null and due_at <= $2', [
    name,
    new Date(now),
  ]);
}

/** The vault could not be cleared of the secret `name`; it is tried again at `until`. */
export async function postponeClearing(db: Queryable, name: string, until: number): Promise<void> {
  await db.query('update secrets set due_at = $2, attempts = attempts + 1 where name = $1', [name, new Date(until)]);
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

const ofNoConnector = `id::text not in (select settings->>'keyId' from connectors)`;

/** Forgets a token that no connector uses; whoever else may hold it has been asked before. */
export async function forgetUnused(db: Queryable, keyId: string, now: number): Promise<void> {
  const { rows } = await db.query<{ id: string }>(`select id from secrets where id = $1 and ${ofNoConnector}`, [keyId]);
  await forget(
    db,
    rows.map(({ id }) => id),
    { now },
  );
}

/** A keep that has had no answer for so long was cut off. */
const cutOffMs = 5 * 60_000;

/**
 * Forgets what a crash has left without anything that refers to it. `held`: the ids that others than connectors refer to, read
 * before, so that one that goes over to a connector meanwhile is found with either.
 */
export async function sweepSecrets(
  db: Queryable,
  { held, now }: { held: readonly string[]; now: number },
): Promise<void> {
  const { rows } = await db.query<{ id: string }>(
    `select id from secrets where created_at < case when name is not null and version is null then $2::timestamptz else $1 end
        and forgotten_at is null and id <> all($3) and ${ofNoConnector}`,
    [new Date(now - 86_400_000), new Date(now - cutOffMs), held],
  );
  await forget(
    db,
    rows.map(({ id }) => id),
    { now },
  );
}
