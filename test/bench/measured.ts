import type { HttpClient } from '@azure/core-rest-pipeline';
import { pageSize } from '../../ingestion/okta/system-log.ts';
import type { RuntimeModule, TimeAndNetwork } from '../../ingestion/runtime/runtime.ts';
import { Clock } from '../sims/clock.ts';
import { loopback, simulatedNetwork } from '../sims/network.ts';
import { Meter } from './meter.ts';
import { domain } from './places.ts';
import type { Opened } from './sims.ts';

/** What the thread of the polls writes, and the process around it reads. Indexes of a shared Float64Array. */
export const gauge = { seconds: 0, cpuUs: 1, peakRssMb: 2, stallMsP99: 3, okta: 4, azure: 5, silentSince: 6 } as const;
export type Gauge = Float64Array<SharedArrayBuffer>;

const tellEveryMs = 200;

type Data = { opened: Pick<Opened, 'places' | 'sinkUrl' | 'quiet'>; numbers: Gauge };

/** Time and network of the app, whose polls find theirs by `openTimeAndNetwork`, measured into `numbers`. */
export function measured(data: Data): TimeAndNetwork & { forThreads: RuntimeModule } {
  return {
    ...simulatedNetwork(new Clock(), data.opened.places, { deadlines: true }),
    forThreads: { module: import.meta.resolve('./measured.ts'), data },
  };
}

/** What the polls have, with the sink for uploads. Unless it is quiet, the run begins with the first request for a full page. */
export function openTimeAndNetwork({ opened, numbers }: Data): TimeAndNetwork {
  const meter = new Meter();
  // Now and then, because to sum up costs time that would be measured.
  const tell = () => {
    const { seconds, cpuUs, peakRssMb, stallMsP99 } = meter.figures;
    numbers.set([seconds, cpuUs, peakRssMb, stallMsP99]);
  };
  if (!opened.quiet) setInterval(tell, tellEveryMs).unref();
  return {
    ...simulatedNetwork(new Clock(), opened.places, { deadlines: true }),
    http: metered(opened, meter, numbers),
  };
}

function metered({ places, sinkUrl, quiet }: Data['opened'], meter: Meter, numbers: Gauge): HttpClient {
  const isUpload = (host: string) => host.endsWith('.ingest.monitor.azure.com');
  const client = loopback((host) => (isUpload(host) ? sinkUrl : host === domain ? places.okta.url : places.azure.url));
  const count = (what: number) => {
    numbers[what] = (numbers[what] as number) + 1;
  };
  return {
    async sendRequest(request) {
      const { host, searchParams } = new URL(request.url);
      if (!quiet && !meter.running && host === domain && searchParams.get('limit') === String(pageSize)) meter.begin();
      if (host === domain) count(gauge.okta);
      const response = await client.sendRequest(request);
      if (isUpload(host)) {
        count(gauge.azure);
        if (response.status === 204) meter.mark();
        numbers[gauge.silentSince] = Date.now();
      }
      return response;
    },
  };
}
