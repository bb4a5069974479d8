import { isAtHand, published } from '../data.ts';
import { closeObjects } from './closing.ts';
import { at, type Node } from './pointer.ts';

type Patch = { id: string; pointer: string; op: 'remove' | 'replace'; value?: unknown };
type Published = { files: Record<string, string>; patches: Patch[] };
type Refs = Published & {
  resources: Record<string, string>;
  resourceLevelExtras: Node;
  envelopeClose: { id: string; definitions: string[] };
  restApiSpecs: Published;
};

const common = 'https://schema.management.azure.com/schemas/common/definitions.json';
const envelope = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json';

/** By their own words these two take -1 for the default; the bounds leave it out. What is between, the simulator refuses. */
const ownPatches: Patch[] = ['retentionInDays', 'totalRetentionInDays'].map((name) => ({
  id: 'https://rest-api-specs.invalid/specification/operationalinsights/resource-manager/Microsoft.OperationalInsights/OperationalInsights/stable/2025-07-01/Tables.json',
  pointer: `/definitions/TableProperties/properties/${name}/minimum`,
  op: 'replace',
  value: -1,
}));

/**
 * Microsoft's published schemas of Azure's resources and descriptions of its APIs, each corrected and closed, so that a
 * member that none of them names is a fault. A file is read when it is first asked for.
 */
export class Documents {
  readonly #refs: Refs;
  readonly #files: Map<string, string>;
  readonly #patches: Patch[];

  private constructor() {
    this.#refs = read('refs.json') as unknown as Refs;
    const { files, patches, restApiSpecs } = this.#refs;
    this.#files = new Map([...Object.entries(files), ...Object.entries(restApiSpecs.files)]);
    this.#patches = [...patches, ...restApiSpecs.patches, ...ownPatches];
  }

  /** Null when they are not on this machine. */
  static open(): Documents | null {
    return isAtHand() ? new Documents() : null;
  }

  /** Where the definition of a resource is, by lower-case `type@version`. */
  get resources(): ReadonlyMap<string, string> {
    return new Map(Object.entries(this.#refs.resources));
  }

  /** The ids of the descriptions of whole APIs. */
  get descriptions(): string[] {
    return Object.keys(this.#refs.restApiSpecs.files).filter((id) => !id.includes('/common-types/'));
  }

  has(id: string): boolean {
    return this.#files.has(id);
  }

  /** A fresh copy under its id as `$id`; resources of a template get the members that any of them may have. */
  read(id: string, ofTemplate: boolean): Node {
    const file = this.#files.get(id);
    if (!file) throw new Error(`the schemas lack ${id}`);
    const { $schema: _, id: __, ...document } = read(file);
    for (const patch of this.#patches) if (patch.id === id) apply(document, patch);
    if (id.includes('/Microsoft.')) closeObjects(document, ofTemplate ? this.#refs.resourceLevelExtras : {});
    const { definitions } = this.#refs.envelopeClose;
    if (id === envelope)
      for (const name of definitions) at(document, `/definitions/${name}`).additionalProperties = false;
    if (id === common) at(document, '/definitions/resourceCopy').additionalProperties = false;
    // Resources are checked one by one, each against its own definition.
    if (id === envelope) at(document, '/properties').resources = {};
    return { ...document, $id: id };
  }
}

function apply(document: Node, { id, pointer, op, value }: Patch): void {
  const [, parent = '', last = ''] = /^(.*)\/([^/]+)$/.exec(pointer) ?? [];
  const owner = at(document, parent);
  if (!(last in owner)) throw new Error(`${id} lacks ${pointer}`);
  if (op === 'remove') delete owner[last];
  else owner[last] = value;
}

function read(file: string): Node {
  return JSON.parse(published(`azure-schemas/${file}`)) as Node;
}
