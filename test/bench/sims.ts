import type { Config } from '../../bot/config.ts';
import { Company } from './company.ts';
import type { Places } from './places.ts';
import { openSink } from './sink.ts';

/** What the simulators' process says once they are open. */
export type Opened = { kind: 'open'; places: Places; config: Config; token: string; sinkUrl: string };
export type Said = Opened | { kind: 'connected' };

// The simulators as a process of their own, so that their work is not measured. A port that it is told is that of an app
// to connect by the dialog. It ends with the process that started it.
const { events, dataDir } = JSON.parse(process.argv[2] ?? '') as { events: number; dataDir: string };
process.once('disconnect', () => process.exit(0));
const company = await Company.open({ events, mode: 'ledger' });
const { places, token } = company;
const say = (said: Said) => process.send?.(said);

process.on('message', async (port: number) => {
  await company.connect(port);
  say({ kind: 'connected' });
});
say({ kind: 'open', places, config: company.config(dataDir), token, sinkUrl: await openSink() });
