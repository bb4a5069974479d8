import { type Column, KqlError, type Type } from '../kql/schema.ts';
import { compileTransform } from '../kql.ts';
import type { DataFlow, Estate, LogTable, Rule, Workspace } from './estate.ts';
import { isObject, Refusal } from './exchange.ts';

const most = 10;
const types = new Map<string, Type>([
  ['string', 'string'],
  ['int', 'int'],
  ['long', 'long'],
  ['real', 'real'],
  ['boolean', 'bool'],
  ['datetime', 'datetime'],
  ['dynamic', 'dynamic'],
]);

/** Notes one thing that is wrong with a rule; `target` is the place in the body. */
type Note = (code: string, message: string, target: string) => void;
type Context = { estate: Estate; location: string; now: number };

/** Streams and data flows of a rule from its `properties`; everything wrong with them is refused at once, each at its place. */
export function readRule(properties: unknown, context: Context): Pick<Rule, 'streams' | 'flows'> {
  const details: { code: string; message: string; target: string }[] = [];
  const note: Note = (code, message, target) => details.push({ code, message, target });
  const { streamDeclarations, destinations, dataFlows } = isObject(properties) ? properties : {};
  const streams = readStreams(streamDeclarations, note);
  const workspaces = readDestinations(destinations, context, note);
  const flows = readFlows(dataFlows, { streams, workspaces, now: context.now, note });
  if (details.length > 0) throw new Refusal(400, 'InvalidPayload', 'Data collection rule is invalid', { details });
  return { streams, flows };
}

function readStreams(value: unknown, note: Note): Map<string, Column[]> {
  const declared = Object.entries(isObject(value) ? value : {});
  const code = 'InvalidStreamDeclaration';
  if (declared.length > most) note(code, `At most ${most} streams can be declared.`, 'properties.streamDeclarations');
  const streams = new Map<string, Column[]>();
  for (const [name, declaration] of declared) {
    const target = `properties.streamDeclarations['${name}']`;
    const columns = isObject(declaration) && Array.isArray(declaration.columns) ? declaration.columns : [];
    if (!/^Custom-\w+$/.test(name)) note(code, `Stream name '${name}' must start with 'Custom-'.`, target);
    if (columns.length === 0) note(code, `Stream '${name}' has no columns.`, target);
    const read = columns.flatMap((column) => readColumn(column, (message) => note(code, message, target)));
    streams.set(name, read);
  }
  return streams;
}

function readColumn(value: unknown, note: (message: string) => void): Column[] {
  const { name, type } = isObject(value) ? value : {};
  const known = typeof type === 'string' ? types.get(type) : undefined;
  if (typeof name === 'string' && name !== '' && known) return [{ name, type: known }];
  note(`Column '${name}' has the type '${type}', which is not one of ${[...types.keys()].join(', ')}.`);
  return [];
}

function readDestinations(value: unknown, { estate, location }: Context, note: Note): Map<string, Workspace> {
  const list = isObject(value) && Array.isArray(value.logAnalytics) ? value.logAnalytics : [];
  const refuse = (message: string) => note('InvalidDestination', message, 'properties.destinations.logAnalytics');
  if (list.length === 0) refuse('At least one destination is needed.');
  if (list.length > most) refuse(`At most ${most} workspaces can be destinations.`);
  const found = new Map<string, Workspace>();
  for (const each of list) {
    const { name, workspaceResourceId: id } = isObject(each) ? each : {};
    const workspace = typeof id === 'string' ? estate.workspace(id) : undefined;
    if (!workspace || typeof name !== 'string') refuse(`Workspace '${id}' was not found.`);
    else if (workspace.location.toLowerCase() !== location.toLowerCase()) {
      refuse(
        `Workspace '${workspace.name}' is in '${workspace.location}', the rule in '${location}'; the regions must be the same.`,
      );
    } else found.set(name, workspace);
  }
  return found;
}

type Around = { streams: Map<string, Column[]>; workspaces: Map<string, Workspace>; now: number; note: Note };

function readFlows(value: unknown, around: Around): DataFlow[] {
  const flows = Array.isArray(value) ? value.filter(isObject) : [];
  const refuse = (message: string) => around.note('InvalidDataFlow', message, 'properties.dataFlows');
  if (flows.length === 0) refuse('At least one data flow is needed.');
  if (flows.length > most) refuse(`At most ${most} data flows are allowed.`);
  return flows.map((flow, index) => readFlow(flow, around, `properties.dataFlows[${index}]`));
}

function readFlow(flow: Record<string, unknown>, { streams, workspaces, now, note }: Around, at: string): DataFlow {
  const names = strings(flow.streams);
  const destinations = strings(flow.destinations);
  const found = destinations.flatMap((name) => workspaces.get(name) ?? []);
  const outputStream = typeof flow.outputStream === 'string' ? flow.outputStream : (names[0] ?? '');
  const table = /^Custom-(\w+_CL)$/.exec(outputStream)?.[1] ?? '';
  const transformKql = typeof flow.transformKql === 'string' ? flow.transformKql : undefined;
  const unknown = names.filter((name) => !streams.has(name));
  if (names.length === 0) note('InvalidDataFlow', 'A data flow needs a stream.', at);
  for (const name of unknown) note('InvalidStream', `Stream '${name}' is not declared.`, at);
  if (found.length === 0 || found.length < destinations.length) {
    note('InvalidDataFlow', 'A data flow names a destination that does not exist.', at);
  }
  if (!table)
    note('InvalidOutputTable', `Output stream '${outputStream}' must be 'Custom-' and the name of a custom table.`, at);
  for (const workspace of table ? found : []) {
    const ready = readyTable(workspace, table, now);
    if (!ready) {
      note(
        'InvalidOutputTable',
        `Table for output stream '${outputStream}' is not available for destination '${workspace.name}'.`,
        at,
      );
    } else if (unknown.length === 0) {
      const refuse = (message: string) => note('InvalidTransformQuery', message, at);
      for (const name of names) checkTransform(transformKql, streams.get(name) ?? [], ready, refuse);
    }
  }
  return { streams: names, workspaces: found, table, transformKql };
}

function checkTransform(text = 'source', stream: Column[], table: LogTable, refuse: (message: string) => void): void {
  try {
    compileTransform(text, stream, table.columns);
  } catch (error) {
    // What the compiler objects to is what the service refuses the rule for; anything else is a bug here.
    if (!(error instanceof KqlError)) throw error;
    refuse(error.message);
  }
}

function readyTable(workspace: Workspace, name: string, now: number): LogTable | undefined {
  const table = workspace.tables.get(name.toLowerCase());
  return table && table.subType !== 'Classic' && table.readyAt <= now ? table : undefined;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
