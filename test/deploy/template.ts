import { callsIn, evaluate, type Functions, isExpression, parse } from './expressions.ts';
import { type Place, pureFunctions, segments } from './functions.ts';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Members = { [name: string]: Json };

/** A resource as Azure would get it: every expression replaced by its value, what is null left out. */
export type Resource = {
  id: string;
  type: string;
  apiVersion: string;
  /** Where in the template it stands. */
  path: string;
  /** Whether its condition holds. */
  deployed: boolean;
  body: Members;
  dependsOn: string[];
};

export type Deployment = { resources: Resource[]; outputs: Map<string, Json>; faults: string[] };

/**
 * Deploys a template on paper. Faults are what Azure would refuse, and what nobody would miss: unknown or unused parameters
 * and variables, wrong types of parameters, dependencies and references that lead nowhere, a reference without its dependency.
 */
export function deploy(
  template: Members,
  given: Members,
  place: Place,
  runtime: Map<string, (id: string) => Json>,
): Deployment {
  return new OnPaper(template, given, place, runtime, 'template').deploy();
}

class OnPaper {
  readonly #template: Members;
  readonly #place: Place;
  readonly #runtime: Map<string, (id: string) => Json>;
  readonly #path: string;
  readonly #parameters = new Map<string, Json>();
  readonly #faults: string[] = [];
  #resources: Resource[] = [];
  /** Ids that the expression at hand has referred to; null where Azure knows no references yet. */
  #referred: Set<string> | null = null;

  constructor(
    template: Members,
    given: Members,
    place: Place,
    runtime: Map<string, (id: string) => Json>,
    path: string,
  ) {
    this.#template = template;
    this.#place = place;
    this.#runtime = runtime;
    this.#path = path;
    this.#takeParameters(given);
  }

  deploy(): Deployment {
    const inner: Deployment[] = [];
    const wanted = list(this.#template.resources).flatMap((raw, index) => this.#copies(members(raw), index));
    this.#resources = wanted.flatMap(({ raw, path, index }) => this.#named(raw, path, index));
    for (const [at, { raw, path, index }] of wanted.entries()) {
      const resource = this.#resources[at];
      if (resource) this.#fill(resource, raw, path, index, inner);
    }
    const outputs = new Map<string, Json>();
    for (const [name, output] of Object.entries(members(this.#template.outputs))) {
      this.#referred = new Set();
      outputs.set(name, this.#value(members(output).value ?? null, `${this.#path}.outputs.${name}`));
    }
    this.#readAll();
    return {
      resources: [...this.#resources, ...inner.flatMap(({ resources }) => resources)],
      outputs,
      faults: [...new Set([...this.#faults, ...inner.flatMap(({ faults }) => faults)])],
    };
  }

  /** What a deployment does not come by is read too: the branch of an `if` that was not taken, a condition that did not hold. */
  #readAll(): void {
    const used = new Set<string>();
    const functions = this.#functions('', 0);
    for (const { text, path } of expressionsIn(this.#template, this.#path)) {
      try {
        for (const { name, args } of callsIn(parse(text))) {
          const kind = name.toLowerCase();
          const [first] = args;
          if (!functions.has(kind)) this.#faults.push(`${path}: there is no function ${name}`);
          if ((kind !== 'parameters' && kind !== 'variables') || first?.kind !== 'literal') continue;
          used.add(`${kind}.${first.value}`);
          if (!(first.value in members(this.#template[kind]))) {
            this.#faults.push(`${path}: there is no ${kind.slice(0, -1)} ${first.value}`);
          }
        }
      } catch (error) {
        this.#faults.push(`${path}: ${(error as Error).message}`);
      }
    }
    for (const kind of ['parameters', 'variables']) {
      for (const name of Object.keys(members(this.#template[kind]))) {
        if (!used.has(`${kind}.${name}`)) this.#faults.push(`${this.#path}.${kind}.${name} is not used`);
      }
    }
  }

  #takeParameters(given: Members): void {
    const declared = members(this.#template.parameters);
    for (const name of Object.keys(given)) {
      if (!(name in declared)) this.#faults.push(`${this.#path}: there is no parameter ${name}`);
    }
    for (const [name, declaration] of Object.entries(declared)) {
      const path = `${this.#path}.parameters.${name}`;
      const { type = '', defaultValue, allowedValues } = members(declaration);
      const value = given[name] ?? (defaultValue === undefined ? undefined : this.#value(defaultValue, path));
      if (value === undefined) this.#faults.push(`${path} is needed`);
      else if (!fits(value, String(type))) this.#faults.push(`${path} must be ${type}`);
      else if (allowedValues && !list(allowedValues).includes(value)) this.#faults.push(`${path} is not allowed`);
      this.#parameters.set(name, value ?? null);
    }
  }

  #copies(raw: Members, at: number): { raw: Members; path: string; index: number | null }[] {
    const path = `${this.#path}.resources[${at}]`;
    if (!raw.copy) return [{ raw, path, index: null }];
    const count = Number(this.#value(members(raw.copy).count ?? null, `${path}.copy`));
    return Array.from({ length: count }, (_, index) => ({ raw, path: `${path}(${index})`, index }));
  }

  /** Id, type and condition, which Azure works out before anything is deployed: nothing here may refer to a resource. */
  #named(raw: Members, path: string, index: number | null): Resource[] {
    const text = (name: string) => String(this.#value(raw[name] ?? '', `${path}.${name}`, index));
    const type = text('type');
    const { subscription, resourceGroup } = this.#place;
    const group = `/subscriptions/${text('subscriptionId') || subscription}/resourceGroups/${text('resourceGroup') || resourceGroup}`;
    const scope = text('scope');
    try {
      const id = `${group}/providers/${scope ? `${scope}/providers/` : ''}${segments(type, text('name').split('/'))}`;
      const deployed = this.#value(raw.condition ?? true, `${path}.condition`, index) === true;
      if (scope && !this.#exists(`${group}/providers/${scope}`)) this.#faults.push(`${path}.scope leads nowhere`);
      return [{ id, type, apiVersion: text('apiVersion'), path, deployed, body: {}, dependsOn: [] }];
    } catch (error) {
      this.#faults.push(`${path}.name: ${(error as Error).message}`);
      return [{ id: '', type, apiVersion: text('apiVersion'), path, deployed: true, body: {}, dependsOn: [] }];
    }
  }

  /** A nested template may grant roles on what was there before; the outermost knows all that it hangs something on. */
  #exists(id: string): boolean {
    if (this.#path !== 'template') return true;
    return list(this.#template.resources).some((raw, index) => {
      const { type = '', name = '', scope } = members(raw);
      if (scope) return false;
      const path = `${this.#path}.resources[${index}].name`;
      const names = String(this.#value(name, path, 0)).split('/');
      return id.toLowerCase().endsWith(`/providers/${segments(String(type), names)}`.toLowerCase());
    });
  }

  #fill(resource: Resource, raw: Members, path: string, index: number | null, inner: Deployment[]): void {
    const referred = new Set<string>();
    this.#referred = referred;
    const { dependsOn = [], properties = {}, ...rest } = raw;
    const { template, ...own } = members(properties);
    const nested = raw.type === 'Microsoft.Resources/deployments';
    const around = members(this.#value(rest, path, index));
    const inside = this.#value(nested ? own : properties, `${path}.properties`, index);
    this.#referred = null;
    const filled = nested ? { ...members(inside), template: template ?? null } : inside;
    resource.body = { ...around, ...(raw.properties === undefined ? {} : { properties: filled }) };
    resource.dependsOn = list(this.#value(dependsOn, `${path}.dependsOn`, index)).map(String);
    for (const id of resource.dependsOn) {
      if (!this.#find(id)) this.#faults.push(`${path}.dependsOn leads nowhere: ${id}`);
    }
    for (const id of referred) {
      if (!resource.dependsOn.some((each) => same(each, id)))
        this.#faults.push(`${path} refers to ${id} without dependsOn`);
    }
    if (nested && resource.deployed) inner.push(this.#deployInner(resource, `${path}.properties.template`));
  }

  #deployInner({ body }: Resource, path: string): Deployment {
    const { template, parameters } = members(body.properties);
    const given = Object.entries(members(parameters)).map(
      ([name, each]) => [name, members(each).value ?? null] as const,
    );
    const place = {
      ...this.#place,
      ...(body.subscriptionId ? { subscription: String(body.subscriptionId) } : {}),
      ...(body.resourceGroup ? { resourceGroup: String(body.resourceGroup) } : {}),
    };
    return new OnPaper(members(template), Object.fromEntries(given), place, this.#runtime, path).deploy();
  }

  /** The value with its expressions replaced; a member that becomes null is left out. */
  #value(raw: Json, path: string, index: number | null = null): Json {
    if (Array.isArray(raw)) return raw.map((each, at) => this.#value(each, `${path}[${at}]`, index));
    if (raw !== null && typeof raw === 'object') {
      const filled = Object.entries(raw).map(
        ([name, each]) =>
          [String(this.#value(name, path, index)), this.#value(each, `${path}.${name}`, index)] as const,
      );
      return Object.fromEntries(filled.filter(([, value]) => value !== null));
    }
    if (typeof raw !== 'string' || !isExpression(raw)) return raw;
    try {
      return (evaluate(parse(raw), this.#functions(path, index)) ?? null) as Json;
    } catch (error) {
      this.#faults.push(`${path}: ${(error as Error).message}`);
      return null;
    }
  }

  #functions(path: string, index: number | null): Functions {
    const functions = pureFunctions(this.#place);
    functions.set('parameters', (call) => {
      const name = String(call.arg(0));
      if (!this.#parameters.has(name)) throw new Error(`there is no parameter ${name}`);
      return this.#parameters.get(name);
    });
    functions.set('variables', (call) => {
      const name = String(call.arg(0));
      const raw = members(this.#template.variables)[name];
      if (raw === undefined) throw new Error(`there is no variable ${name}`);
      return this.#value(raw, `${path} > variables.${name}`, index);
    });
    functions.set('reference', (call) => this.#reference(String(call.arg(0))));
    if (index !== null) functions.set('copyindex', () => index);
    return functions;
  }

  #reference(id: string): Json {
    if (!this.#referred) throw new Error('reference() before anything is deployed');
    this.#referred.add(id);
    const target = this.#find(id);
    if (!target) throw new Error(`reference() leads nowhere: ${id}`);
    const answer = this.#runtime.get(target.type);
    if (!answer) throw new Error(`nothing is known of what ${target.type} answers`);
    return answer(id);
  }

  #find(id: string): Resource | undefined {
    return this.#resources.find((each) => same(each.id, id));
  }
}

/** Every expression of a template with where it stands; those of templates inside it are their own. */
function expressionsIn(value: Json, path: string): { text: string; path: string }[] {
  if (typeof value === 'string') return isExpression(value) ? [{ text: value, path }] : [];
  if (Array.isArray(value)) return value.flatMap((each, index) => expressionsIn(each, `${path}[${index}]`));
  return Object.entries(members(value)).flatMap(([name, each]) => {
    if (name === 'template' && members(each).$schema) return [];
    return [...expressionsIn(name, `${path}.${name}`), ...expressionsIn(each, `${path}.${name}`)];
  });
}

/** The members of an object; none of anything else. */
export function members(value: Json | undefined): Members {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

/** The elements of an array; none of anything else. */
export function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

const types = new Map<string, (value: Json) => boolean>([
  ['string', (value) => typeof value === 'string'],
  ['securestring', (value) => typeof value === 'string'],
  ['int', Number.isInteger],
  ['bool', (value) => typeof value === 'boolean'],
  ['array', Array.isArray],
  ['object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value)],
]);

function fits(value: Json, type: string): boolean {
  return types.get(type)?.(value) ?? false;
}
