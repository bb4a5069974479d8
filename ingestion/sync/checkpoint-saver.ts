import type pg from 'pg';
import { type Checkpoint, saveCheckpoint } from '../connector/checkpoint.ts';
import { bytesOf, joinKeys, type Keys } from './event-keys.ts';

/** Saves a checkpoint as it moves: one save at a time, and whatever happens meanwhile goes into the next. */
export class CheckpointSaver {
  readonly #pool: pg.Pool;
  readonly #connectorId: string;
  readonly #checkpoint: Checkpoint;
  /** Delivered, and not yet saved. */
  readonly #delivered: Keys[] = [];
  #saving: Promise<void> | null = null;
  #due = false;
  /** What a save has failed with. */
  failure: unknown = null;

  constructor(pool: pg.Pool, connectorId: string, checkpoint: Checkpoint) {
    this.#pool = pool;
    this.#connectorId = connectorId;
    this.#checkpoint = checkpoint;
  }

  /** These go with the next save. */
  remember(keys: Keys): void {
    this.#delivered.push(keys);
  }

  /** The checkpoint has changed. */
  save(): void {
    this.#due = true;
    this.#saving ??= this.#run();
  }

  /** Resolves when all is saved, or a save has failed (then `failure` says with what). Never rejects. */
  async done(): Promise<void> {
    await this.#saving;
  }

  async #run(): Promise<void> {
    while (this.#due) {
      this.#due = false;
      const keys = joinKeys(this.#delivered.splice(0));
      try {
        await saveCheckpoint(this.#pool, this.#connectorId, { to: this.#checkpoint, keys: bytesOf(keys) });
      } catch (error) {
        // The next save, if there is one, must not forget them.
        this.#delivered.unshift(keys);
        this.failure ??= error;
      }
    }
    // In the same step as the last look at `due`: no save that is asked for falls between.
    this.#saving = null;
  }
}
