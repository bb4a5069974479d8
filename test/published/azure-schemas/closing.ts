import { at, type Node } from './pointer.ts';

type Visit = (schema: Node, place: { inAllOf: boolean }) => void;

/**
 * Makes a member that no schema names a fault, in all definitions of a document. What is only a part of others, by `allOf`,
 * stays open, and what it is a part of is closed instead. Resources of templates get the members that all of them may have.
 */
export function closeObjects(document: Node, extras: Node): void {
  const open = partsOf(document);
  eachDefinition(document, (schema, { inAllOf }) => {
    if (inAllOf || open.has(schema)) return;
    if (schema.allOf) {
      schema.unevaluatedProperties = false;
      return;
    }
    const properties = schema.properties as Node | undefined;
    if (schema.type !== 'object' || !properties || Object.keys(properties).length === 0) return;
    if ('additionalProperties' in schema) return;
    schema.additionalProperties = false;
    if (isResource(schema)) Object.assign(properties, { ...extras, ...properties });
  });
}

/** Visits every schema in the definitions of a document; names below `properties` are no keywords. */
export function eachDefinition(document: Node, visit: Visit): void {
  const groups = Object.keys(document).filter((key) => /definitions$/i.test(key));
  for (const group of groups) for (const each of schemasIn(document[group])) walk(each, visit);
  if (document.properties) walk(document, visit, false);
}

function walk(schema: Node, visit: Visit, inAllOf = false): void {
  visit(schema, { inAllOf });
  for (const each of schemasIn(schema.properties)) walk(each, visit);
  for (const each of schemasIn(schema.patternProperties)) walk(each, visit);
  for (const each of [schema.items, schema.additionalProperties, schema.not].flat())
    if (isNode(each)) walk(each, visit);
  for (const each of [schema.oneOf ?? [], schema.anyOf ?? []].flat()) if (isNode(each)) walk(each, visit);
  for (const each of [schema.allOf ?? []].flat()) if (isNode(each)) walk(each, visit, true);
}

/** The definitions that are parts of others: named in an `allOf`, or by what is named there. */
function partsOf(document: Node): Set<Node> {
  const parts = new Set<Node>();
  const add = (schema: unknown): void => {
    if (!isNode(schema) || parts.has(schema)) return;
    parts.add(schema);
    if (typeof schema.$ref === 'string' && schema.$ref.startsWith('#')) add(at(document, schema.$ref.slice(1)));
    for (const each of [schema.oneOf ?? [], schema.anyOf ?? [], schema.allOf ?? []].flat()) add(each);
  };
  eachDefinition(document, (schema) => {
    for (const each of [schema.allOf ?? []].flat()) add(each);
  });
  return parts;
}

function schemasIn(group: unknown): Node[] {
  return isNode(group) ? Object.values(group).filter(isNode) : [];
}

/** Whether it is the definition of a resource: it names its type and version. */
export function isResource({ properties }: Node): boolean {
  return isNode(properties) && hasEnum(properties.type) && hasEnum(properties.apiVersion);
}

function hasEnum(schema: unknown): boolean {
  return isNode(schema) && Array.isArray(schema.enum);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
