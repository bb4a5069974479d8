import type { Operation, Parameter } from '../../published/azure-schemas/operations.ts';
import type { Validator } from '../../published/azure-schemas/validator.ts';
import { type Call, isObject, type Reply } from './exchange.ts';

/**
 * Requests for which Microsoft's descriptions are not at hand, each with what is known of it from elsewhere only. A request
 * that is neither described nor listed here is a fault.
 */
export const undescribed: { what: string; place: string; method?: string; path: RegExp }[] = [
  { what: 'Resource Graph', place: 'arm', method: 'POST', path: /^\/providers\/Microsoft\.ResourceGraph\/resources$/i },
  { what: "the caller's permissions", place: 'arm', method: 'GET', path: /\/Microsoft\.Authorization\/permissions$/i },
  { what: 'a Sentinel onboarding state', place: 'arm', method: 'GET', path: /\/onboardingStates\/default$/i },
  { what: 'a solution', place: 'arm', method: 'GET', path: /\/Microsoft\.OperationsManagement\/solutions\/[^/]+$/i },
  { what: 'the analytics rules', place: 'arm', method: 'GET', path: /\/Microsoft\.SecurityInsights\/alertRules$/i },
  { what: 'a long-running operation', place: 'arm', method: 'GET', path: /\/operationStatuses\/[^/]+$/i },
  { what: 'a query of a workspace', place: 'query', method: 'POST', path: /^\/v1\/workspaces\/[^/]+\/query$/i },
  { what: 'a token', place: 'identity', path: /./ },
  { what: 'a token of an application', place: 'entra', path: /./ },
  { what: 'Key Vault', place: 'vault', path: /./ },
];

/** How much of a request was checked: all, all but the parameters of its query, or only that its type and version exist. */
export type Depth = 'whole' | 'body' | 'version' | 'listed';

type Described = {
  operations: Operation[];
  /** By lower-case `type@version`, where the definition is. */
  resources: ReadonlyMap<string, string>;
  types: ReadonlySet<string>;
  sent: Validator;
  answered: Validator;
};

let described: Promise<Described | null> | undefined;

/** Microsoft's descriptions, read once in a process; null when they are not on this machine. */
function descriptions(): Promise<Described | null> {
  described ??= (async () => {
    const { Documents } = await import('../../published/azure-schemas/documents.ts');
    const documents = Documents.open();
    if (!documents) return null;
    const [{ readOperations }, { Validator }] = await Promise.all([
      import('../../published/azure-schemas/operations.ts'),
      import('../../published/azure-schemas/validator.ts'),
    ]);
    const { resources } = documents;
    const [sent, answered] = [new Validator(documents, 'sent'), new Validator(documents, 'answered')];
    const types = new Set([...resources.keys()].map((key) => key.split('@')[0] ?? ''));
    return { operations: readOperations(documents), resources, types, sent, answered };
  })();
  return described;
}

/** How many requests were checked, and how far, and which were listed; by what was asked. */
export class Descriptions {
  readonly counts = new Map<string, { depth: Depth; requests: number }>();

  /** What is wrong with a request to a service, each fault with the request it is about. */
  async faultsIn(place: string, call: Call): Promise<string[]> {
    const all = await descriptions();
    if (!all) return [];
    const { what, depth, faults } = judge(all, place, call);
    const counted = this.counts.get(what) ?? { depth, requests: 0 };
    counted.requests += 1;
    this.counts.set(what, counted);
    return faults.map((fault) => `${what}: ${fault}`);
  }

  /** What is wrong with an answer that the simulator itself gave, where the whole API is described. */
  async faultsInAnswer(call: Call, { status, body }: Reply): Promise<string[]> {
    const all = await descriptions();
    const operation = all && operationOf(all.operations, call);
    if (!all || !operation) return [];
    const what = `answer ${status} to ${nameOf(call)}`;
    const known = operation.answers.get(`${status}`);
    if (status < 400 && known === undefined) return [`${what}: the status is not described`];
    const ref = known ?? (status >= 400 ? operation.answers.get('default') : null);
    if (!ref) return body === undefined ? [] : [`${what}: has a body`];
    return all.answered.faultsOf(body, ref, 'body').map((fault) => `${what}: ${fault}`);
  }
}

type Verdict = { what: string; depth: Depth; faults: string[] };

function judge(all: Described, place: string, call: Call): Verdict {
  const what = nameOf(call);
  const operation = operationOf(all.operations, call);
  const type = place === 'arm' ? typeOf(call.path) : '';
  const ref = all.resources.get(`${type}@${call.query.get('api-version')}`);
  const listed = undescribed.find(
    (each) => each.place === place && each.path.test(pathOf(call)) && (each.method ?? call.method) === call.method,
  );
  if (operation) {
    const faults = [...faultsOfOperation(operation, call), ...versionFaults(operation, call, ref)];
    return { what, depth: 'whole', faults: [...faults, ...bodyFaults(all.sent, operation, call, ref)] };
  }
  if (listed) return { what: listed.what, depth: 'listed', faults: [] };
  if (!all.types.has(type) || !['GET', 'PUT', 'DELETE'].includes(call.method)) {
    return { what, depth: 'listed', faults: ['is neither described nor known to be undescribed'] };
  }
  if (!ref) return { what, depth: 'version', faults: [versionFault(call)] };
  if (call.method === 'PUT') return { what, depth: 'body', faults: definitionFaults(all.sent, call, ref) };
  return { what, depth: 'version', faults: call.body.length > 0 ? ['the request has a body'] : [] };
}

/** The operation in the version that the request names, or else in the one that is at hand. */
function operationOf(operations: Operation[], call: Call): Operation | undefined {
  const fitting = operations.filter(({ method, path }) => method === call.method && path.test(pathOf(call)));
  return fitting.find(({ version }) => version === call.query.get('api-version')) ?? fitting[0];
}

/** The clients put an empty parent resource between two slashes. */
function pathOf({ path }: Call): string {
  return path.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
}

function faultsOfOperation({ path, parameters, consumes }: Operation, call: Call): string[] {
  const { groups = {} } = path.exec(pathOf(call)) ?? {};
  const faults: string[] = [];
  for (const parameter of parameters) {
    const { name, required } = parameter;
    if (parameter.in === 'body') continue;
    const value =
      parameter.in === 'path'
        ? groups[name]
        : parameter.in === 'query'
          ? call.query.get(name.toLowerCase())
          : call.headers[name.toLowerCase()];
    if (value !== undefined) faults.push(...valueFaults(parameter, value));
    else if (required) faults.push(`${name} is missing`);
  }
  const queries = new Set(parameters.flatMap(({ name, ...each }) => (each.in === 'query' ? name.toLowerCase() : [])));
  for (const name of call.query.keys()) if (!queries.has(name)) faults.push(`the parameter ${name} is unknown`);
  if (!parameters.some((each) => each.in === 'body')) {
    if (call.body.length > 0) faults.push('the request has a body');
  } else if (!consumes.includes((call.headers['content-type'] ?? '').replace(/;.*$/, '').toLowerCase())) {
    faults.push(`the content type is ${call.headers['content-type']}, not ${consumes.join(' or ')}`);
  }
  return faults;
}

function valueFaults(
  { name, type, pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Parameter,
  value: string,
) {
  const faults: string[] = [];
  if (pattern && !new RegExp(pattern).test(value)) faults.push(`${name} can't be ${value}`);
  if (value.length < minLength || value.length > maxLength) faults.push(`${name} has ${value.length} characters`);
  if (type === 'boolean' && value !== 'true' && value !== 'false') faults.push(`${name} can't be ${value}`);
  return faults;
}

/** The version must be the described one, or else one in which the resource's definition is published. */
function versionFaults({ version }: Operation, call: Call, ref: string | undefined): string[] {
  const asked = call.query.get('api-version');
  return asked === undefined || asked === version || ref ? [] : [versionFault(call)];
}

function versionFault({ query }: Call): string {
  return `the api-version ${query.get('api-version')} is not a published one`;
}

/** The body by the operation, or where that is described in another version, by the resource's definition in this one. */
function bodyFaults(sent: Validator, operation: Operation, call: Call, ref: string | undefined): string[] {
  if (!operation.body) return [];
  if (operation.version !== call.query.get('api-version') && call.method === 'PUT' && ref) {
    return definitionFaults(sent, call, ref, operation.required);
  }
  return definitionFaults(sent, call, operation.body);
}

function definitionFaults(sent: Validator, call: Call, ref: string, required: string[] = []): string[] {
  const body = jsonOf(call);
  if (!isObject(body)) return ['the body is no JSON object'];
  const lacking = required.filter((name) => !(name in body)).map((name) => `body.${name} is missing`);
  return [...lacking, ...sent.faultsOf(body, ref, 'body')];
}

function jsonOf({ body }: Call): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined; // said by the caller
  }
}

/** The type, in lower case, of the resource that an address is of: what is behind its last `providers`. */
function typeOf(address: string): string {
  const parts = address.toLowerCase().split(/\/+/);
  const [provider, ...rest] = parts.slice(parts.lastIndexOf('providers') + 1);
  return [provider, ...rest.filter((_, index) => index % 2 === 0)].join('/');
}

/** A request without what is different in each. */
function nameOf(call: Call): string {
  const address = pathOf(call)
    .replace(/\/dcr-[0-9a-f]+\//, '/…/')
    .replace(/^.*\/providers\//i, '');
  const kind = address.replace(/(\/[^/]+)\/[^/]+/g, '$1/…');
  return `${call.method} ${kind}?api-version=${call.query.get('api-version')}`;
}
