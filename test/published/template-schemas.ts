import type { Json } from '../deploy/template.ts';
import { Documents } from './azure-schemas/documents.ts';
import { Validator } from './azure-schemas/validator.ts';
import { absent } from './data.ts';

const envelope = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json';

/**
 * Microsoft's published template schemas, read strictly: a member that no schema names is a fault, as is a type or version
 * that they lack.
 */
export class TemplateSchemas {
  readonly #resources: ReadonlyMap<string, string>;
  readonly #frame: Validator;
  readonly #bodies: Validator;

  private constructor(documents: Documents) {
    this.#resources = documents.resources;
    this.#frame = new Validator(documents, 'template');
    this.#bodies = new Validator(documents, 'resource');
  }

  /** Throws a sentence when they are not on this machine. */
  static open(): TemplateSchemas {
    const documents = Documents.open();
    if (!documents) throw new Error(absent);
    return new TemplateSchemas(documents);
  }

  /** The api-versions of a type that are no previews, oldest first. */
  stableVersions(type: string): string[] {
    return [...this.#resources.keys()]
      .filter((key) => key.startsWith(`${type.toLowerCase()}@`))
      .map((key) => key.split('@')[1] ?? '')
      .filter((version) => !version.endsWith('-preview'))
      .sort();
  }

  /** What is wrong with a resource whose expressions have been replaced. */
  faultsOf(type: string, apiVersion: string, body: Json): string[] {
    const ref = this.#resources.get(`${type}@${apiVersion}`.toLowerCase());
    return ref ? this.#bodies.faultsOf(body, ref, type) : [`no schema of ${type} in version ${apiVersion}`];
  }

  /** What is wrong with the frame of a template: parameters, variables, outputs. */
  envelopeFaultsOf(template: { [name: string]: Json }): string[] {
    return this.#frame.faultsOf({ ...template, resources: [] }, envelope, 'template');
  }
}
