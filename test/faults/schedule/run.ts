import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../../ingestion/store/database.ts';
import { openEmbedded } from '../../../ingestion/store/embedded.ts';
import { CuttableWay } from './cut.ts';
import { describe, type Plan } from './plan.ts';
import { Play, type Store } from './play.ts';

/** A real PostgreSQL for all schedules of a run. */
export async function openStore(): Promise<Store & { close(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'patchbay-schedule-'));
  await chmod(dir, 0o755); // as root, the server runs as another user, who must be able to enter
  const server = await openEmbedded(dir);
  const url = new URL(server.url);
  const way = await CuttableWay.open(Number(url.port));
  const direct = await openDatabase({ databaseUrl: server.url, dataDir: '' });
  url.port = String(way.port);
  const app = await openDatabase({ databaseUrl: url.href, dataDir: '' });
  const close = async () => {
    await app.close();
    await direct.close();
    await way.close();
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  };
  return { direct, app, way, close };
}

/** Plays one schedule to its end; throws what is wrong, with the steps that led there. */
export async function run(
  store: Store,
  { seed, temper, steps }: Plan,
): Promise<{ repeated: number; possiblyDuplicated: number; counted: number }> {
  const play = await Play.open(store, { seed, temper });
  const done: string[] = [];
  try {
    for (const step of steps) {
      done.push(describe(step));
      await play.perform(step);
    }
    done.push('rest');
    await play.rest();
    const { repeated, possiblyDuplicated } = play.model;
    return { repeated, possiblyDuplicated, counted: play.counted };
  } catch (error) {
    const list = done.map((line, index) => `  ${index + 1}. ${line}`).join('\n');
    const again =
      seed > 0 ? `\nPlay it again: SCHEDULE_SEED=${seed} SCHEDULES=1 node --test test/schedule.test.ts` : '';
    throw new Error(`${(error as Error).message}\n${JSON.stringify(temper)}\n${list}${again}`, {
      cause: error,
    });
  } finally {
    await play.close();
  }
}
