import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Cloud } from './cloud.ts';
import { logRuleError } from './diagnostics.ts';
import type { DataFlow, Rule, Workspace } from './estate.ts';
import { type Call, Refusal, type Reply } from './exchange.ts';
import { checkToken } from './identity.ts';
import { checkRate } from './rate.ts';
import { rowsOf } from './rows.ts';
import { type Element, splitArray } from './split.ts';
import type { Arrival } from './storage.ts';

const contentLimit = 1_048_576;
const unzip = promisify(gunzip);

/** The Logs Ingestion API: checks the call in the order rights, size, rate, stream, body, and stores what the rule lets through. */
export async function answerIngestion(cloud: Cloud, call: Call): Promise<Reply> {
  const [, immutableId, stream] = /^\/dataCollectionRules\/([^/]+)\/streams\/([^/]+)$/i.exec(call.path) ?? [];
  if (call.method !== 'POST' || !immutableId || !stream) {
    cloud.unexpected(`ingestion ${call.method} ${call.path}`);
    throw new Refusal(404, 'NotFound', 'The requested path does not exist.');
  }
  checkVersion(cloud, call);
  const rule = checkAccess(cloud, call, immutableId);
  if (call.body.length > contentLimit) {
    throw new Refusal(
      413,
      'ContentLengthLimitExceeded',
      `Maximum allowed content length: ${contentLimit} bytes. Provided content length: ${call.body.length} bytes.`,
    );
  }
  const flows = rule.flows.filter((flow) => flow.streams.includes(stream));
  if (flows.length === 0) {
    throw new Refusal(404, 'NotFound', `Stream '${stream}' was not found in data collection rule '${immutableId}'.`);
  }
  checkContentType(call);
  const body = await decode(cloud, call);
  checkRate(cloud, rule, body.length);
  const elements = split(cloud, body);
  if (!elements) return { status: 204 };
  call.record.uuids = elements.flatMap(({ uuid }) => uuid ?? []);
  store(cloud, call, { rule, stream, flows, body, elements });
  return { status: 204 };
}

function checkVersion(cloud: Cloud, call: Call): void {
  const version = call.query.get('api-version');
  if (version === '2023-01-01') return;
  cloud.unexpected(`api-version ${version} for ${call.method} ${call.path}`);
  throw new Refusal(400, 'UnsupportedApiVersion', `The api-version '${version}' is not supported.`);
}

function checkAccess(cloud: Cloud, call: Call, immutableId: string): Rule {
  const claims = checkToken(call, [cloud.hosts.ingestionAudience]);
  if (typeof claims === 'string') {
    const challenge = `Bearer error="invalid_token", error_description="${claims}"`;
    throw new Refusal(401, 'Unauthorized', 'Authentication failed.', { headers: { 'www-authenticate': challenge } });
  }
  const rule = cloud.estate.ruleByImmutableId(immutableId);
  if (!rule || rule.endpointHost !== call.host) {
    throw new Refusal(404, 'NotFound', `Data collection rule with immutable Id '${immutableId}' not found.`);
  }
  call.record.ruleId = rule.id;
  checkKnown(cloud, rule);
  for (const { workspaces } of rule.flows) for (const { takesFrom } of workspaces) checkNetwork(takesFrom);
  if (cloud.directory.allowsData(claims.oid, 'Microsoft.Insights/Telemetry/Write', rule.id)) return rule;
  throw new Refusal(
    403,
    'OperationFailed',
    `The authentication token provided does not have access to ingest data for the data collection rule with immutable Id '${immutableId}' PipelineAccessResult: AccessGranted: False, IsRbacPresent: False, IsDcrDceBindingValid: , DcrArmId: ${rule.id}, Message: Required authorization action was not found for tenantId ${claims.tid} objectId ${claims.oid} on resourceId ${rule.id}.`,
  );
}

/** A rule that was made a moment ago is not known everywhere. */
function checkKnown({ now, settings }: Cloud, { createdAt, immutableId }: Rule): void {
  if (now() - createdAt >= settings.rulePropagationMs) return;
  if (settings.unknownRule === 'NotFound')
    throw new Refusal(404, 'NotFound', `Data collection rule with immutable Id '${immutableId}' not found.`);
  throw new Refusal(400, 'InvalidStream', 'The stream is not configured in the data collection rule.');
}

/** The status is documented for workspaces that are closed to public networks, the words are not. */
function checkNetwork(takesFrom: Workspace['takesFrom']): void {
  if (takesFrom === 'private link')
    throw new Refusal(
      403,
      'Forbidden',
      'Ingestion from public networks is disabled for this workspace. Use a private link.',
    );
  if (takesFrom === 'perimeter')
    throw new Refusal(403, 'Forbidden', 'Access is denied by the network security perimeter of the workspace.');
}

function checkContentType(call: Call): void {
  if (/^application\/json(;|$)/i.test(call.headers['content-type'] ?? '')) return;
  throw new Refusal(415, 'UnsupportedMediaType', 'The content type must be application/json.');
}

async function decode(cloud: Cloud, call: Call): Promise<Buffer> {
  if (call.body.length === 0) throw new Refusal(500, 'InternalServerError', 'The body is empty.');
  const encoding = call.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'gzip' && encoding !== 'identity') {
    throw new Refusal(415, 'UnsupportedMediaType', `The content encoding '${encoding}' is not supported.`);
  }
  const body = encoding === 'gzip' ? await inflate(call.body, cloud.settings.decompressedBytes) : call.body;
  call.record.decodedBytes = body.length;
  return body;
}

async function inflate(body: Buffer, limit: number): Promise<Buffer> {
  try {
    // Chunks of the usual size: the default of 16 KB triples the time.
    return await unzip(body, { maxOutputLength: limit, chunkSize: contentLimit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Refusal(413, 'ContentLengthLimitExceeded', `Maximum allowed decompressed length: ${limit} bytes.`);
    }
    throw new Refusal(400, 'InvalidRequestContent', 'The body is not valid gzip.'); // the only other way to fail
  }
}

/** The elements of the body; undefined when a malformed body is to be accepted and lost. */
function split(cloud: Cloud, body: Buffer): Element[] | undefined {
  try {
    const elements = splitArray(body);
    if (elements.length === 0) cloud.unexpected('ingestion of an empty array');
    return elements;
  } catch (error) {
    // Malformed JSON is the sender's fault and has two documented answers.
    if (cloud.settings.malformedJson === 'accept') return undefined;
    throw new Refusal(
      400,
      'InvalidPayload',
      `The request body is not a JSON array of objects: ${error instanceof Error ? error.message : error}.`,
    );
  }
}

type Accepted = { rule: Rule; stream: string; flows: DataFlow[]; body: Buffer; elements: Element[] };

function store(cloud: Cloud, call: Call, { rule, stream, flows, body, elements }: Accepted): void {
  const now = cloud.now();
  if (rule.transformError !== undefined) {
    logRuleError(cloud, call, { rule, stream, message: rule.transformError });
    return;
  }
  for (const flow of flows) {
    for (const workspace of flow.workspaces) {
      const table = workspace.tables.get(flow.table.toLowerCase());
      if (!table) continue; // a table deleted behind the rule: accepted and lost, as everything after a 204 may be
      const rows =
        cloud.mode === 'rows' ? rowsOf({ cloud, rule, stream, flow, workspace, table, body, elements }) : undefined;
      if (workspace.dailyCapReached) {
        noteDailyCap(workspace, now);
        continue;
      }
      const arrivals = elements.map(({ start, end, uuid }, index): Arrival => {
        return {
          row: rows?.[index] ?? undefined,
          uuid,
          bytes: cloud.keepBytes ? body.subarray(start, end) : undefined,
        };
      });
      // What the transform filters out is not stored and must not count as stored.
      const kept = rows ? arrivals.filter(({ row }) => row !== undefined) : arrivals;
      table.store.add(kept, now, cloud.settings);
      call.record.stored = true;
    }
  }
}

/** The one trace that a reached daily cap leaves; the sender gets its 204. */
function noteDailyCap(workspace: Workspace, now: number): void {
  const rows = workspace.otherRows.get('Operation') ?? [];
  const day = Math.floor(now / 86_400_000);
  if (rows.some((row) => row.OperationKey === `cap-${day}`)) return;
  const Detail =
    'The data volume threshold for this workspace has been reached: OverQuota. Data collection is stopped until the reset.';
  const OperationCategory = 'Data Collection Status';
  const row = {
    TimeGenerated: now,
    OperationCategory,
    OperationStatus: 'Warning',
    OperationKey: `cap-${day}`,
    Detail,
    Solution: 'LogManagement',
    $ingestionTime: now,
  };
  workspace.otherRows.set('Operation', [...rows, row]);
}
