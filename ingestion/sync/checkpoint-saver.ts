import type pg from 'pg';
import type { Checkpoint } from '../connector/checkpoint.ts';
import { Fenced, type Save, type Saves, saveCheckpoint } from '../connector/checkpoints.ts';
import { joinDelivered, joinSpans, noSpan, type Span } from '../connector/delivered.ts';
import { quarantine, type Refused } from '../connector/quarantine.ts';
import { addTally, isEmpty, type Tally, takeTally } from '../connector/statistics.ts';
import { endOfTurn } from '../runtime/turn.ts';
import { transaction } from '../store/database.ts';
import type { DedupWindow } from './dedup-window.ts';
import { bytesOf, joinKeys, type Keys } from './event-keys.ts';

/** Keys of what was delivered and their span, events that go to quarantine, and what was counted. */
type Counted = { keys: Keys; span: Span; aside: Refused[]; tally: Tally };
type Whole = Counted & Pick<Save, 'to' | 'now'>;

/** What is known in memory and not in the store: a save that had no answer, and what has come since. */
export type Unsaved = Counted & { tried: Whole | null };

/** What a saver works with; what happens is counted in `tally` until it is saved. `now`: ms since the epoch. */
export type SaverParts = {
  pool: pg.Pool;
  saves: Saves;
  connectorId: string;
  checkpoint: Checkpoint;
  window: DedupWindow;
  tally: Tally;
  now(): number;
};

/** Nothing more is sent while so many answers wait: what a crash may repeat is bounded, also where the store is slow. */
const mostWaiting = 8;

/**
 * Saves a checkpoint as it moves, with all that was counted: one save at a time, and whatever happens meanwhile goes into the
 * next. A save that had no answer is made again as it was before any other; the store knows it by its number.
 */
export class CheckpointSaver {
  readonly #parts: SaverParts;
  /** Delivered, and refused, and not yet saved. */
  #keys: Keys[] = [];
  #span = noSpan;
  #aside: Refused[] = [];
  #tried: Whole | null = null;
  #saving: Promise<void> | null = null;
  #due: PromiseWithResolvers<void> | null = null;
  /** What a save has failed with first. */
  failure: unknown = null;
  /** Events that have gone to quarantine. */
  refused = 0;

  constructor(parts: SaverParts) {
    this.#parts = parts;
  }

  /** These go with the next save. */
  remember(keys: Keys, span: Span): void {
    this.#keys.push(keys);
    this.#span = joinSpans(this.#span, span);
  }

  /** This event goes to quarantine with the next save, unless it is there already. */
  putAside(event: Refused): void {
    this.#aside.push(event);
  }

  /** Takes over what an earlier poll could not save, less what the store turns out to have. */
  takeOver({ tried, ...since }: Unsaved): void {
    if (tried && this.#parts.checkpoint.saves < tried.to.saves) this.#add(tried);
    this.#add(since);
  }

  #add({ keys, span, aside, tally }: Counted): void {
    this.remember(keys, span);
    this.#aside.push(...aside);
    addTally(this.#parts.tally, tally);
  }

  /** The checkpoint has changed, or what was counted is to be kept. Resolves when that is saved, or has failed; never rejects. */
  save(): Promise<void> {
    this.#due ??= Promise.withResolvers<void>();
    this.#saving ??= this.#run();
    return this.#due.promise;
  }

  /** Resolves when all is saved, or a save has failed (then `failure` says with what). Never rejects. */
  async done(): Promise<void> {
    await this.#saving;
  }

  /** Resolves when no more than so many answers wait to be saved, or a save has failed. Never rejects. */
  async room(): Promise<void> {
    while (this.#keys.length >= mostWaiting && this.failure === null) await this.save();
  }

  /** What is not saved; null when all is, or when the checkpoint is another's. */
  get unsaved(): Unsaved | null {
    const { tally } = this.#parts;
    const since = this.#keys.length + this.#aside.length > 0 || !isEmpty(tally);
    if (this.failure instanceof Fenced || !(this.#tried || since)) return null;
    return { tried: this.#tried, keys: joinKeys(this.#keys), span: this.#span, aside: this.#aside, tally };
  }

  async #run(): Promise<void> {
    while (this.#due) {
      await endOfTurn();
      const due = this.#due;
      // One that is made again says nothing of what has come since.
      if (!this.#tried) this.#due = null;
      this.#tried ??= this.#whole();
      try {
        await this.#write(this.#tried);
        const scattered = this.#tried.keys.length > 0 && this.#parts.window.noteSave();
        this.#tried = null;
        if (scattered) await this.#join();
      } catch (error) {
        this.failure ??= error;
        this.#due?.resolve();
        this.#due = null;
      }
      if (this.#due !== due) due.resolve();
    }
    // In the same step as the last look at `due`: no save that is asked for falls between.
    this.#saving = null;
  }

  /** What is remembered in many rows is joined to one. */
  async #join(): Promise<void> {
    const { pool, connectorId, checkpoint, window } = this.#parts;
    const segments = await joinDelivered(pool, connectorId, checkpoint.version);
    if (segments) window.noteJoined(segments);
  }

  #whole(): Whole {
    const { checkpoint, tally, now } = this.#parts;
    const [keys, span, aside] = [joinKeys(this.#keys), this.#span, this.#aside];
    this.#keys = [];
    this.#span = noSpan;
    this.#aside = [];
    return {
      to: { ...checkpoint, saves: checkpoint.saves + 1 },
      keys,
      span,
      aside,
      tally: takeTally(tally),
      now: now(),
    };
  }

  async #write({ aside, keys, ...rest }: Whole): Promise<void> {
    const { pool, saves, connectorId, checkpoint } = this.#parts;
    const save = { ...rest, connectorId, keys: bytesOf(keys) };
    if (aside.length === 0) (await saves.do(save)) || (await saveCheckpoint(pool, save));
    else
      this.refused += await transaction(pool, async (tx) => {
        const refused = await quarantine(tx, connectorId, aside);
        await saveCheckpoint(tx, { ...save, tally: { ...save.tally, refused } });
        return refused;
      });
    checkpoint.saves = save.to.saves;
  }
}
