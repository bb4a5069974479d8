import type { Directory } from './directory.ts';
import type { Estate } from './estate.ts';
import type { Governance } from './governance.ts';
import type { Hosts } from './hosts.ts';
import type { Identity } from './identity.ts';

/** What may be changed while the simulator runs; times in milliseconds of its clock unless said otherwise. */
export type Settings = {
  /** Life of the tokens that the identity endpoint hands out, in real time. */
  tokenLifetimeMs: number;
  /** How long a role assignment made through ARM takes to have effect. */
  rolePropagationMs: number;
  /** How long the ingestion endpoint does not know a new rule, and what it answers until then: 404, or 400 for its stream. */
  rulePropagationMs: number;
  unknownRule: 'NotFound' | 'InvalidStream';
  /** 0: a table is written at once (200); more: 202 and a long-running operation of that length. */
  tableProvisioningMs: number;
  /** From receipt until a row can be queried. */
  visibilityMs: number;
  /** This cloud has no version of Resource Manager's interfaces that is newer; null: it has all. */
  newestApiVersion: string | null;
  /** From the first data of a new table until its rows can be queried. */
  firstDataMs: number;
  /** Largest pages of Resource Graph, of the list of role assignments and of analytics rules. */
  pageSize: number;
  /** Most rows that a query gives; where there are more, its answer is a part. */
  queryRows: number;
  /** Limits of one data collection rule per minute; above them it answers 429. */
  requestsPerMinute: number;
  bytesPerMinute: number;
  /** Largest body after decompression. */
  decompressedBytes: number;
  /** Microsoft's documents disagree: malformed JSON is refused with 400, or accepted with 204 and lost. */
  malformedJson: 'refuse' | 'accept';
  /** The same about a role assignment that is put a second time: taken again, or 409 RoleAssignmentExists. */
  repeatedAssignment: 'accept' | 'conflict';
};

/** What every simulated service works on. */
export type Cloud = {
  now: () => number;
  mode: 'rows' | 'ledger';
  keepBytes: boolean;
  hosts: Hosts;
  identity: Identity;
  settings: Settings;
  directory: Directory;
  estate: Estate;
  governance: Governance;
  /** Notes something that no correct client does, so that a test can fail on it. */
  unexpected: (what: string) => void;
};
