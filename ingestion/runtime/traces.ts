import { AsyncLocalStorage } from 'node:async_hooks';
import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Attributes, Context } from '@opentelemetry/api';
import { endsWithin, realDeadline } from './deadline.ts';

/** What a span tells besides its time; short words of ours, never a token, a path, or what somebody wrote. */
export type Told = { kind: 'asked' | 'asks' | 'works'; attributes?: Attributes };

/** Spans of the work that is done, as OpenTelemetry has them. */
export type Traces = {
  /** Runs the work as a span, within that of whoever calls; `tell` adds what comes to be known. What the work throws marks it as failed. */
  span<T>(name: string, told: Told, work: (tell: (attributes: Attributes) => void) => Promise<T>): Promise<T>;
  /** Sends what is left, for two seconds at most. Never rejects. */
  close(): Promise<void>;
};

/** Where nobody wants them. */
export const noTraces: Traces = { span: (_name, _told, work) => work(() => undefined), close: async () => undefined };

const closeMs = 2_000;

/**
 * Traces that go to the Application Insights of the connection string, by `http`, which has to be one that makes no spans itself.
 * The packages are loaded here and not before: with them the process takes some twenty megabytes more.
 */
export async function openTraces(connectionString: string, http: HttpClient): Promise<Traces> {
  // What the exporter would tell Microsoft of itself, to hosts that nobody has allowed.
  process.env.APPLICATION_INSIGHTS_NO_STATSBEAT = 'true';
  const [
    { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace },
    { resourceFromAttributes },
    sdk,
    { AzureMonitorTraceExporter },
  ] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace-base'),
    import('@azure/monitor-opentelemetry-exporter'),
  ]);
  const exporter = new AzureMonitorTraceExporter({ connectionString, httpClient: http, disableOfflineStorage: true });
  const provider = new sdk.BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'patchbay' }),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('patchbay');
  const kinds = { asked: SpanKind.SERVER, asks: SpanKind.CLIENT, works: SpanKind.INTERNAL };
  const around = new AsyncLocalStorage<Context>();
  return {
    async span(name, { kind, attributes = {} }, work) {
      const parent = around.getStore() ?? ROOT_CONTEXT;
      const span = tracer.startSpan(name, { kind: kinds[kind], attributes }, parent);
      try {
        return await around.run(trace.setSpan(parent, span), () => work((more) => void span.setAttributes(more)));
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).name });
        throw error;
      } finally {
        span.end();
      }
    },
    close: async () => void (await endsWithin(provider.shutdown(), realDeadline(closeMs))),
  };
}
