import { type Json, list, members } from '../template.ts';
import { readYaml } from './yaml.ts';

export type Members = { [name: string]: Json };

/** The files of a solution, by their paths, and what they hold. A file that can't be read holds nothing here: checks say so. */
export class SolutionFiles {
  readonly all: ReadonlyMap<string, string>;
  readonly template: Members;
  readonly form: Members;
  readonly templateText: string;
  readonly formText: string;

  constructor(files: ReadonlyMap<string, string>) {
    this.all = files;
    this.templateText = this.#textOf('mainTemplate.json');
    this.formText = this.#textOf('createUiDefinition.json');
    this.template = members(parsed(this.templateText));
    this.form = members(parsed(this.formText));
  }

  /** Path and text of every file whose path has this in it. */
  of(part: string): [path: string, text: string][] {
    return [...this.all].filter(([path]) => path.includes(part));
  }

  get rules(): { path: string; rule: Members }[] {
    return this.of('/Analytic Rules/').map(([path, text]) => ({ path, rule: members(yaml(text)) }));
  }

  get parsers(): { path: string; parser: Members }[] {
    return this.of('/Parsers/').map(([path, text]) => ({ path, parser: members(yaml(text)) }));
  }

  get resources(): Members[] {
    return list(this.template.resources).map(members);
  }

  /** Those of the template and those in its templates. */
  get innerResources(): Members[] {
    return this.resources
      .flatMap(({ properties }) => list(members(members(properties).mainTemplate).resources))
      .map(members);
  }

  #textOf(name: string): string {
    return this.of(`/Package/${name}`)[0]?.[1] ?? '';
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

function yaml(text: string): Json {
  try {
    return readYaml(text);
  } catch {
    return null;
  }
}

/** Every member of an object and of those in it, with its owner. */
export function membersIn(value: Json, path = ''): { name: string; value: Json; owner: Members; path: string }[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => membersIn(each, `${path}[${index}]`));
  const owner = members(value);
  return Object.entries(owner).flatMap(([name, each]) => [
    { name, value: each, owner, path: `${path}.${name}` },
    ...membersIn(each, `${path}.${name}`),
  ]);
}
