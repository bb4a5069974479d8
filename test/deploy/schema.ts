import { existsSync, readFileSync } from 'node:fs';
import { isExpression } from './expressions.ts';
import { type Json, list, members } from './template.ts';

type Members = { [name: string]: Json };
/** What is wrong, and the members that the schema knows: all of them where it takes any. */
type Verdict = { faults: string[]; known: Set<string> | 'any' };

const folder = new URL('../../../shared/data/azure-schemas/', import.meta.url);
const common = 'https://schema.management.azure.com/schemas/common/definitions.json';
const expressionRef = /definitions\.json#\/definitions\/expression$/;

/**
 * Microsoft's published template schemas, read strictly: a member that no schema names is a fault, as is a type or version
 * that they lack. Null when they are not on this machine.
 */
export class TemplateSchemas {
  readonly #documents = new Map<string, Members>();
  readonly #resources: Members;
  readonly #extras: Members;
  readonly #closed: Set<Json> = new Set();

  private constructor() {
    const refs = members(read('refs.json'));
    this.#resources = members(refs.resources);
    this.#extras = members(refs.resourceLevelExtras);
    for (const [id, file] of Object.entries(members(refs.files))) this.#documents.set(id, members(read(String(file))));
    for (const patch of list(refs.patches)) this.#patch(members(patch));
    const { id, definitions } = members(refs.envelopeClose);
    for (const name of list(definitions)) this.#closed.add(this.#at(String(id), `/definitions/${name}`));
  }

  static open(): TemplateSchemas | null {
    return existsSync(new URL('refs.json', folder)) ? new TemplateSchemas() : null;
  }

  /** The api-versions of a type that are no previews, oldest first. */
  stableVersions(type: string): string[] {
    return Object.keys(this.#resources)
      .filter((key) => key.startsWith(`${type.toLowerCase()}@`))
      .map((key) => key.split('@')[1] ?? '')
      .filter((version) => !version.endsWith('-preview'))
      .sort();
  }

  /** What is wrong with a resource whose expressions have been replaced. */
  faultsOf(type: string, apiVersion: string, body: Json): string[] {
    const ref = this.#resources[`${type}@${apiVersion}`.toLowerCase()];
    if (!ref) return [`no schema of ${type} in version ${apiVersion}`];
    const [id = '', pointer = ''] = String(ref).split('#');
    const schema = members(this.#at(id, pointer));
    return this.#check(body, schema, id, type, { strict: true, extras: this.#extras }).faults;
  }

  /** What is wrong with the frame of a template: parameters, variables, outputs. */
  envelopeFaultsOf(template: Members): string[] {
    const id = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json';
    return this.#check({ ...template, resources: [] }, this.#at(id, ''), id, 'template', { strict: false, extras: {} })
      .faults;
  }

  #check(value: Json, raw: Json, base: string, path: string, mode: { strict: boolean; extras: Members }): Verdict {
    const schema = members(raw);
    if (schema.$ref) {
      const [id = '', pointer = ''] = String(schema.$ref).split('#');
      const where = id === '' ? base : id;
      return this.#check(value, this.#at(where, pointer), where, path, mode);
    }
    const verdicts = [
      { faults: plainFaults(value, schema, path), known: new Set<string>() },
      ...list(schema.allOf).map((each) => this.#check(value, each, base, path, { strict: false, extras: {} })),
      ...this.#checkChoice(value, schema, base, path, mode),
      ...(isObject(value) ? [this.#checkMembers(value, schema, base, path)] : []),
      ...(Array.isArray(value) && schema.items ? [this.#checkItems(value, schema.items, base, path)] : []),
    ];
    const known = verdicts.some((each) => each.known === 'any') ? 'any' : union(verdicts);
    const faults = verdicts.flatMap((each) => each.faults);
    if ((mode.strict || this.#closed.has(raw)) && isObject(value) && known !== 'any' && known.size > 0) {
      for (const [name, each] of Object.entries(value)) {
        if (known.has(name)) continue;
        const extra = mode.extras[name];
        if (!extra) faults.push(`${path}.${name} is unknown`);
        else faults.push(...this.#check(each, extra, common, `${path}.${name}`, { strict: true, extras: {} }).faults);
      }
    }
    return { faults, known };
  }

  /** Of several forms the one that fits; when none does, what is wrong with the one that comes nearest. */
  #checkChoice(
    value: Json,
    schema: Members,
    base: string,
    path: string,
    mode: { strict: boolean; extras: Members },
  ): Verdict[] {
    const choices = list(schema.oneOf ?? schema.anyOf ?? []);
    if (choices.length === 0) return [];
    const isFormula = typeof value === 'string' && isExpression(value);
    const real = choices.filter((each) => isFormula || !expressionRef.test(String(members(each).$ref ?? '')));
    const tried = real.map((each) => this.#check(value, each, base, path, mode));
    const fitting = tried.filter((each) => each.faults.length === 0);
    if (fitting.length > 0) return [{ faults: [], known: merged(fitting) }];
    const [nearest] = tried.sort((a, b) => rank(a) - rank(b));
    return nearest ? [nearest] : [];
  }

  #checkMembers(value: Members, schema: Members, base: string, path: string): Verdict {
    const properties = members(schema.properties);
    const faults = list(schema.required)
      .filter((name) => !(String(name) in value))
      .map((name) => `${path}.${name} is missing`);
    for (const [name, each] of Object.entries(value)) {
      const inside = properties[name] ?? (isObject(schema.additionalProperties) ? schema.additionalProperties : null);
      // A closed definition of the frame closes itself; what lies in resources is closed all the way down.
      const strict = base.includes('/Microsoft.');
      if (inside) faults.push(...this.#check(each, inside, base, `${path}.${name}`, { strict, extras: {} }).faults);
    }
    if (schema.additionalProperties === false) {
      for (const name of Object.keys(value)) if (!(name in properties)) faults.push(`${path}.${name} is unknown`);
    }
    const free = isObject(schema.additionalProperties) || schema.additionalProperties === true;
    return { faults, known: free ? 'any' : new Set(Object.keys(properties)) };
  }

  #checkItems(value: Json[], items: Json, base: string, path: string): Verdict {
    const strict = base.includes('/Microsoft.');
    const faults = value.flatMap(
      (each, index) => this.#check(each, items, base, `${path}[${index}]`, { strict, extras: {} }).faults,
    );
    return { faults, known: new Set() };
  }

  #at(id: string, pointer: string): Json {
    const document = this.#documents.get(id);
    if (!document) throw new Error(`the schemas lack ${id}`);
    let at: Json = document;
    for (const part of pointer.split('/').slice(1)) {
      at =
        (Array.isArray(at) ? at[Number(part)] : members(at)[part.replaceAll('~1', '/').replaceAll('~0', '~')]) ?? null;
      if (at === null) throw new Error(`${id} lacks ${pointer}`);
    }
    return at;
  }

  #patch({ id, pointer, op, value }: Members): void {
    const [, parent = '', last = ''] = /^(.*)\/([^/]+)$/.exec(String(pointer)) ?? [];
    const owner = members(this.#at(String(id), parent));
    if (!(last in owner)) throw new Error(`${id} lacks ${pointer}`);
    if (op === 'remove') delete owner[last];
    else owner[last] = value ?? null;
  }
}

/** What one value by itself must be. */
function plainFaults(value: Json, schema: Members, path: string): string[] {
  const shown = JSON.stringify(value)?.slice(0, 60);
  const faults: string[] = [];
  if (schema.type && !list([schema.type].flat()).some((type) => isOf(value, String(type)))) {
    return [`${path} must be ${schema.type}, not ${shown}`];
  }
  if (schema.enum && !list(schema.enum).includes(value)) faults.push(`${path} can't be ${shown}`);
  if (typeof value === 'string') {
    if (schema.pattern && !new RegExp(String(schema.pattern)).test(value)) faults.push(`${path} can't be ${shown}`);
    if (value.length < Number(schema.minLength ?? 0)) faults.push(`${path} is too short`);
    if (value.length > Number(schema.maxLength ?? Number.POSITIVE_INFINITY)) faults.push(`${path} is too long`);
  }
  if (typeof value === 'number') {
    if (value < Number(schema.minimum ?? Number.NEGATIVE_INFINITY)) faults.push(`${path} is too small`);
    if (value > Number(schema.maximum ?? Number.POSITIVE_INFINITY)) faults.push(`${path} is too large`);
  }
  return faults;
}

function isOf(value: Json, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isObject(value);
  return type === 'null' ? value === null : typeof value === type;
}

function isObject(value: Json | undefined): value is Members {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function union(verdicts: Verdict[]): Set<string> {
  return new Set(verdicts.flatMap(({ known }) => (known === 'any' ? [] : [...known])));
}

function merged(verdicts: Verdict[]): Set<string> | 'any' {
  return verdicts.some(({ known }) => known === 'any') ? 'any' : union(verdicts);
}

/** A form that another value of an enum rules out is farther than one with a mistake inside. */
function rank({ faults }: Verdict): number {
  return faults.length + 100 * faults.filter((fault) => fault.includes("can't be")).length;
}

function read(file: string): Json {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Json;
}
