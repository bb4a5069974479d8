import type { Attributes } from '@opentelemetry/api';

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
