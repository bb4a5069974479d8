import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/**
 * All that is counted, in the one table there is. Labels are words of closed lists, such as reasons: never a connector, a
 * person, a host, or what others say. So the table bounds how many series there are, whatever the number of connectors.
 */
function openTable(registry: Registry) {
  const counted = <L extends string>(name: string, help: string, labelNames: readonly L[]) => ({
    name: `patchbay_${name}`,
    help,
    labelNames,
    registers: [registry],
  });
  const status = ['state', 'health', 'reason', 'leg'] as const;
  const lateness = [0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600];
  const answers = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
  return {
    // Of all instances, read from the store.
    connectors: new Gauge(counted('connectors', 'Connectors, by what status says of them.', status)),
    workDue: new Gauge(counted('work_due', 'Pieces of work that are due and not done.', ['work'])),
    workDueSeconds: new Gauge(counted('work_due_seconds', 'For how long the first of them has been due.', ['work'])),
    // Of this instance.
    polls: new Histogram({
      ...counted('poll_lateness_seconds', 'From when a poll was due to when it began, by how it ended.', ['outcome']),
      buckets: lateness,
    }),
    outboundCalls: new Histogram({
      ...counted('outbound_call_seconds', 'From a call to the head of its answer.', ['to', 'outcome']),
      buckets: answers,
    }),
    retries: new Counter(counted('retries_total', 'Further tries, by what is tried again.', ['of'])),
    cardDeliveries: new Counter(counted('card_deliveries_total', 'What Teams made of cards.', ['kind', 'outcome'])),
    cardLateness: new Histogram({
      ...counted('card_lateness_seconds', 'From when a card was to be sent to when Teams had it.', ['kind']),
      buckets: lateness,
    }),
    storeConnections: new Gauge(
      counted('store_connections', 'Connections to the store, and who waits for one.', ['state']),
    ),
    leases: new Gauge(counted('leases_held', 'Pieces of work that this instance alone may do now.', [])),
    windowBytes: new Gauge(counted('dedup_window_bytes', 'Memory that dedup windows take between polls.', [])),
  };
}

/** What another thread has counted, as it crosses. */
export type Counted = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The counters of one thread, each by its name in the table, and what they come to. */
export type Metrics = ReturnType<typeof openTable> & {
  /** Counts what Node knows of this process too: time of the processor, memory, collections, the event loop. */
  countProcess(): void;
  /** For the thread that is asked. */
  read(): Promise<Counted>;
  /** The text that Prometheus reads (`contentType`), with what other threads have counted. */
  text(others?: Counted[]): Promise<string>;
  contentType: string;
};

/** How often the event loop is looked at: by the package's own 10 ms it takes 0.8 % of a core when nothing else happens. */
const loopEveryMs = 1_000;

/** A new set of counters, all at zero. */
export function openMetrics(): Metrics {
  const registry = new Registry();
  const read = () => registry.getMetricsAsJSON();
  return {
    ...openTable(registry),
    countProcess: () => collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: loopEveryMs }),
    read,
    text: async (others = []) =>
      others.length === 0 ? registry.metrics() : AggregatorRegistry.aggregate([await read(), ...others]).metrics(),
    contentType: registry.contentType,
  };
}
