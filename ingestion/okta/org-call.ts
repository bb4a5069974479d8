import {
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  decompressResponsePolicy,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import { ConnectorError } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { BufferPool } from './buffer-pool.ts';
import { publicAddressesOnly } from './public-addresses.ts';
import { faultOf } from './refusal.ts';

const pipeline = createEmptyPipeline();
pipeline.addPolicy(publicAddressesOnly);
pipeline.addPolicy(decompressResponsePolicy());

/** One call to the org at `domain`, to which `url` leads; its whole answer has to be there within `timeoutMs`. */
export type OrgCall = {
  domain: string;
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
  timeoutMs: number;
  signal?: AbortSignal;
  memory?: BufferPool;
  /** A larger answer is given up. */
  mostBytes: number;
};

/**
 * Calls an org, and returns what it answers, whatever that is; the body is lent by `memory`. No redirect is followed. Throws
 * ConnectorError: domain-unknown, domain-refused, okta-unreachable, okta-answer-unusable (more than `mostBytes`), and what stands
 * between (proxy-refused, certificate-unknown); else the reason of `signal`.
 */
export async function callOrg(
  { http, deadline }: Pick<Runtime, 'http' | 'deadline'>,
  { domain, headers, timeoutMs, signal, memory = new BufferPool(), mostBytes, ...call }: OrgCall,
): Promise<{ response: PipelineResponse; body: Buffer }> {
  const request = createPipelineRequest({
    ...call,
    headers: createHttpHeaders({
      accept: 'application/json',
      'user-agent': 'patchbay/0.1 (Okta System Log connector)',
      ...headers,
    }),
    // A signal, because the client's own timeout ends with the headers and would wait for a dripping body for ever.
    abortSignal: AbortSignal.any([deadline(timeoutMs).signal, ...(signal ? [signal] : [])]),
    streamResponseStatusCodes: new Set([Number.POSITIVE_INFINITY]),
  });
  try {
    const response = await pipeline.sendRequest(http, request);
    return { response, body: await readBody(response, { memory, mostBytes }) };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ConnectorError) throw error;
    throw faultOf(error, domain);
  }
}

type Room = Pick<Required<OrgCall>, 'memory' | 'mostBytes'>;

/** The whole body, straight into its place where its length is announced. */
async function readBody(response: PipelineResponse, room: Room): Promise<Buffer> {
  const { memory, mostBytes } = room;
  const pieces = (response.readableStreamBody ?? [Buffer.from(response.bodyAsText ?? '')]) as AsyncIterable<Buffer>;
  const announced = response.headers.get('content-encoding') ? null : response.headers.get('content-length');
  let body = memory.take(Math.min(Number(announced) || 0, mostBytes));
  let size = 0;
  try {
    for await (const piece of pieces) {
      if (size + piece.length > body.length) body = larger(room, body, { used: size, needed: size + piece.length });
      piece.copy(body, size);
      size += piece.length;
    }
    if (announced && Number(announced) !== size)
      throw new Error(`The answer was cut off after ${size} of ${announced} bytes.`);
    return body.subarray(0, size);
  } catch (error) {
    memory.give(body);
    throw error;
  }
}

function larger({ memory, mostBytes }: Room, body: Buffer, { used, needed }: { used: number; needed: number }): Buffer {
  if (needed > mostBytes)
    throw new ConnectorError('okta-answer-unusable', { text: `An answer larger than ${mostBytes} bytes.` });
  const other = memory.take(Math.min(2 * needed, mostBytes));
  body.copy(other, 0, 0, used);
  memory.give(body);
  return other;
}
