import { AsyncLocalStorage } from 'node:async_hooks';
import type { HttpClient } from '@azure/core-rest-pipeline';
import { AzureMonitorTraceExporter } from '@azure/monitor-opentelemetry-exporter';
import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { endsWithin, realDeadline } from './deadline.ts';
import type { Traces } from './traces.ts';

const closeMs = 2_000;

/**
 * Traces that go to the Application Insights of the connection string, by `http`, which has to be one that makes no spans itself.
 * To be loaded only where there is one: with these packages the process takes some twenty megabytes more.
 */
export function openInsights(connectionString: string, http: HttpClient): Traces {
  // What the exporter would tell Microsoft of itself, to hosts that nobody has allowed.
  process.env.APPLICATION_INSIGHTS_NO_STATSBEAT = 'true';
  const exporter = new AzureMonitorTraceExporter({ connectionString, httpClient: http, disableOfflineStorage: true });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'patchbay' }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
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
