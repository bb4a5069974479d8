import type { LogsIngestion, UploadResult } from '../azure/logs-ingestion.ts';
import type { Checkpoint, Probation } from '../connector/checkpoint.ts';
import { ConnectorError, type Evidence } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ChunkSize } from './chunk-size.ts';
import type { Chunk, Source } from './chunks.ts';
import type { Compressor } from './compressor.ts';
import type { DeliveryRecord } from './delivery-record.ts';
import { bytesAt, type Page, unpack } from './page.ts';
import { aloneAt, answered, lostAlone, lostWhole, refusedAll, wholeAt, withTurn } from './probation.ts';

/** This many events refused alone, one after the other: then it is not the events that are wrong. */
const refusalsToStop = 50;
/** A poll waits so long for its next try, and tries for so long; what takes longer is for a later one. */
const longestWaitMs = 5_000;
const patienceMs = 30_000;

/** A chunk of a page as it goes on its way, and how often its events were sent in vain, at most. */
export type Part = { page: Page; chunk: Chunk; bytes: Buffer; copies: number };

/** What uploads work with. `fail` notes what ends the delivery at once; `throwFailure` throws what has. */
export type UploadsParts = {
  runtime: Pick<Runtime, 'now' | 'sleep'>;
  logs: LogsIngestion;
  compressor: Compressor;
  checkpoint: Checkpoint;
  record: DeliveryRecord;
  size: ChunkSize;
  signal: AbortSignal;
  fail(error: unknown): void;
  throwFailure(): void;
};

/** Where an event of a page is. */
type Open = { page: Page; source: Source };
type Refused = Extract<UploadResult, { kind: 'refused' }>;
type Failed = Extract<UploadResult, { kind: 'failed' }>;

/**
 * Brings chunks to Azure. One that is refused is halved until the event that is refused stands alone. While answers are lost, or
 * every event was refused, one event is sent alone before all others; copies of what may stand there already are sent
 * no oftener than `probation` says.
 */
export class Uploads {
  readonly #parts: UploadsParts;
  #refusedInARow = 0;
  /** It is not known whether answers come: all wait for the one event that is sent alone. */
  #onProbation: boolean;
  #tryingSince: number | null = null;
  #trying: Promise<void> | null = null;

  constructor(parts: UploadsParts) {
    this.#parts = parts;
    const { failures = 0, alone = 0 } = parts.checkpoint.probation ?? {};
    this.#onProbation = failures + alone > 0;
  }

  /** Whether all of it was taken; events that were refused by themselves are in `refusedAlone` of the page. Throws what stops the poll. */
  async send(part: Part): Promise<boolean> {
    try {
      return await this.#send(part);
    } catch (error) {
      this.#parts.fail(error);
      throw error;
    }
  }

  /** Everything is refused: no event is put aside for that. Returns what tells it. */
  allRefused(evidence: Evidence): ConnectorError {
    const { checkpoint, record, runtime } = this.#parts;
    const now = runtime.now();
    const since = checkpoint.probation?.why === 'refused' ? checkpoint.probation.since : now;
    checkpoint.probation = refusedAll(checkpoint.probation, { since, now, evidence });
    record.save();
    return new ConnectorError('azure-refused', { ...evidence, subject: 'every event' });
  }

  async #send(part: Part): Promise<boolean> {
    await this.#ready();
    if (this.#onProbation) return this.#sendProved(part);
    await this.#until(wholeAt(this.#parts.checkpoint.probation, part.copies));
    const begunAt = this.#parts.runtime.now();
    const result = await this.#upload(part.bytes);
    const { page, chunk } = part;
    if (result.kind === 'accepted') {
      this.#refusedInARow = 0;
      this.#parts.record.take(page, chunk);
      return true;
    }
    if (result.kind === 'failed') return this.#sendAgain(part, begunAt, result);
    const source = await unpack(page.events, chunk, part.bytes);
    if (chunk.rows.length === 1) return this.#refuse({ page, source }, chunk.rows[0] as number, result);
    const half = Math.ceil(chunk.rows.length / 2);
    const whole = await this.#sendSplit(part, source, [chunk.rows.slice(0, half), chunk.rows.slice(half)]);
    // If one event of it was refused to the end, it was that one and not the size.
    if (whole && result.tooLarge) this.#parts.size.shrink(chunk.bytes);
    return whole;
  }

  /** Nothing more is sent when something has failed, the checkpoint is another's, or the app is stopping. */
  async #ready(): Promise<void> {
    const { record, throwFailure, signal } = this.#parts;
    await record.room();
    throwFailure();
    signal.throwIfAborted();
  }

  async #upload(bytes: Buffer): Promise<UploadResult> {
    const { logs, record, signal } = this.#parts;
    const result = await logs.upload(bytes, { signal });
    record.countUpload(result);
    return result;
  }

  /** Not before it is noted that so many events may stand there. */
  async #sendAgain(part: Part, since: number, { error }: Failed): Promise<boolean> {
    if (!error.lost) throw error;
    const { checkpoint } = this.#parts;
    const { copies, chunk } = part;
    const { evidence } = error;
    this.#tryingSince ??= since;
    this.#onProbation = true;
    checkpoint.probation = lostWhole(checkpoint.probation, { copies, since, now: this.#now(), evidence });
    await this.#doubt(chunk.rows.length);
    return this.#send({ ...part, copies: copies + 1 });
  }

  /** One event of it alone, if nobody else's is under way; then the rest. */
  async #sendProved(part: Part): Promise<boolean> {
    if (this.#trying) {
      await this.#trying;
      return this.#send(part);
    }
    const trying = Promise.withResolvers<void>();
    this.#trying = trying.promise;
    const { page, chunk, bytes } = part;
    const source = await unpack(page.events, chunk, bytes);
    const { turn, taken } = await this.#sendAlone({ page, source }, chunk.rows)
      .catch((error: unknown) => {
        this.#parts.fail(error);
        throw error;
      })
      .finally(() => {
        this.#trying = null;
        trying.resolve();
      });
    // Those that were sent alone in vain come last, as there is one copy more of them.
    const copies = Math.max(part.copies, this.#parts.checkpoint.probation?.copies.length ?? 0);
    const others = await this.#sendSplit({ ...part, copies }, source, [chunk.rows.slice(turn + 1)]);
    const tried = await this.#sendSplit({ ...part, copies: copies + 1 }, source, [chunk.rows.slice(0, turn)]);
    return taken && others && tried;
  }

  /** Sends one event after the other, until one has an answer: at which turn. */
  async #sendAlone({ page, source }: Open, rows: number[]): Promise<{ turn: number; taken: boolean }> {
    const { checkpoint, compressor, record } = this.#parts;
    this.#tryingSince ??= this.#now();
    for (;;) {
      const probation = withTurn(checkpoint.probation as Probation, rows.length);
      await this.#until(aloneAt(probation));
      const turn = probation.alone;
      const row = rows[turn] as number;
      const [chunk] = this.#parts.size.split(source.events, [row]).chunks as [Chunk];
      const body = await compressor.body(source, chunk);
      await this.#ready();
      const result = await this.#upload(body);
      if (result.kind === 'refused' && probation.why === 'refused') throw this.allRefused(result.evidence);
      if (result.kind !== 'failed') {
        this.#onProbation = false;
        checkpoint.probation = answered(probation);
        if (result.kind === 'refused') return { turn, taken: this.#refuse({ page, source }, row, result) };
        record.take(page, chunk);
        return { turn, taken: true };
      }
      if (!result.error.lost) throw result.error;
      const { evidence } = result.error;
      checkpoint.probation = lostAlone(probation, rows.length, { now: this.#now(), evidence });
      await this.#doubt(1);
    }
  }

  async #sendSplit(part: Part, source: Source, all: number[][]): Promise<boolean> {
    const { compressor, size } = this.#parts;
    let whole = true;
    for (const rows of all) {
      for (const chunk of size.split(source.events, rows).chunks) {
        const bytes = await compressor.body(source, chunk);
        if (!(await this.#send({ ...part, chunk, bytes }))) whole = false;
      }
    }
    return whole;
  }

  #refuse({ page, source }: Open, row: number, { evidence }: Refused): false {
    page.refusedAlone.push({ row, bytes: bytesAt(source, row), evidence });
    if (++this.#refusedInARow >= refusalsToStop) throw this.allRefused(evidence);
    return false;
  }

  async #doubt(events: number): Promise<void> {
    await this.#parts.record.doubt(events);
    this.#parts.throwFailure();
  }

  /** Waits until then, a little; throws what was wrong last when it is later. */
  async #until(time: number): Promise<void> {
    const { checkpoint, runtime, signal } = this.#parts;
    const now = this.#now();
    if (time <= now) return;
    const tried = time - (this.#tryingSince ?? now);
    if (time - now > longestWaitMs || tried >= patienceMs) throw stillLost(checkpoint.probation as Probation);
    await runtime.sleep(time - now, signal).catch(() => undefined); // what ends the waiting ends the sending
    await this.#ready();
  }

  #now(): number {
    return this.#parts.runtime.now();
  }
}

function stillLost({ since, evidence }: Probation): ConnectorError {
  return Object.assign(new ConnectorError('azure-unreachable', evidence), { since });
}
