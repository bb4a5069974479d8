import { Ajv2019, type ErrorObject } from 'ajv/dist/2019.js';
import { eachDefinition, isResource } from './closing.ts';
import type { Documents } from './documents.ts';
import type { Node } from './pointer.ts';

/**
 * How the descriptions are read: as the frame of a `template`, with expressions in place of values; as a `resource` in it,
 * whose expressions have been replaced; as a body that is `sent`, with nothing in it that is read-only; or `answered`.
 */
export type Reading = 'template' | 'resource' | 'sent' | 'answered';

const expression = /definitions\.json#\/definitions\/expression$/;

/** Judges values by the definitions; what a definition needs is read and compiled when it is first asked for. */
export class Validator {
  readonly #documents: Documents;
  readonly #reading: Reading;
  readonly #ajv = new Ajv2019({
    strict: false,
    allErrors: true,
    verbose: true,
    validateFormats: false,
    validateSchema: false,
    logger: false,
  });

  constructor(documents: Documents, reading: Reading) {
    this.#documents = documents;
    this.#reading = reading;
  }

  /** What is wrong with a value, in plain words, the deepest place first; `path` is what it is called. */
  faultsOf(value: unknown, ref: string, path: string): string[] {
    this.#add(ref.split('#')[0] ?? '');
    const validate = this.#ajv.getSchema(ref);
    if (!validate) throw new Error(`the schemas lack ${ref}`);
    if (validate(value)) return [];
    return inWords(validate.errors ?? [], path);
  }

  #add(id: string): void {
    if (this.#ajv.schemas[id] ?? this.#ajv.refs[id]) return;
    const document = this.#documents.read(id, this.#reading === 'template' || this.#reading === 'resource');
    const others = new Set<string>();
    eachDefinition(document, (schema) => {
      this.#prepare(schema);
      if (typeof schema.$ref === 'string') others.add(new URL(schema.$ref, id).href.split('#')[0] ?? '');
    });
    this.#ajv.addSchema(document, id);
    for (const other of others) if (this.#documents.has(other)) this.#add(other);
  }

  #prepare(schema: Node): void {
    const forms = schema.oneOf as Node[] | undefined;
    if (forms?.some((form) => expression.test(String(form.$ref)))) {
      // What has the form of an expression may have that of a name as well.
      schema.anyOf = this.#reading === 'template' ? forms : forms.filter((form) => !expression.test(String(form.$ref)));
      delete schema.oneOf;
    }
    if (this.#reading !== 'sent') return;
    if (isResource(schema)) leaveOut(schema, ['name', 'type', 'apiVersion']);
    for (const [name, each] of Object.entries((schema.properties ?? {}) as Node)) {
      if ((each as Node).readOnly) (schema.properties as Node)[name] = false;
    }
  }
}

/** What is in the address of a request is not in its body. */
function leaveOut(resource: Node, names: string[]): void {
  const properties = Object.entries(resource.properties as Node).filter(([name]) => !names.includes(name));
  resource.properties = Object.fromEntries(properties);
  resource.required = (resource.required as string[]).filter((name) => !names.includes(name));
}

/** Of errors in several forms of a value, those of other forms are noise; what is left is said once. */
function inWords(errors: ErrorObject[], path: string): string[] {
  const telling = errors.filter(({ keyword }) => keyword !== 'oneOf' && keyword !== 'anyOf' && keyword !== 'if');
  const sorted = [...(telling.length > 0 ? telling : errors)].sort((a, b) => depth(b) - depth(a));
  return [...new Set(sorted.map((error) => sentence(error, path)))];
}

function depth({ instancePath }: ErrorObject): number {
  return instancePath.split('/').length;
}

function sentence(error: ErrorObject, path: string): string {
  const { keyword, params, data } = error;
  const place = path + error.instancePath.replace(/\/(\d+)(?=\/|$)/g, '[$1]').replaceAll('/', '.');
  const shown = JSON.stringify(data)?.slice(0, 60);
  if (keyword === 'additionalProperties') return `${place}.${params.additionalProperty} is unknown`;
  if (keyword === 'unevaluatedProperties') return `${place}.${params.unevaluatedProperty} is unknown`;
  if (keyword === 'required') return `${place}.${params.missingProperty} is missing`;
  if (keyword === 'type') return `${place} must be ${params.type}, not ${shown}`;
  if (keyword === 'enum' || keyword === 'pattern' || keyword === 'const') return `${place} can't be ${shown}`;
  if (keyword === 'false schema') return `${place} is read-only and can't be sent`;
  return `${place} ${error.message}`;
}
