import type { Documents } from './documents.ts';
import { at, type Node } from './pointer.ts';

/** What a parameter in a path, a query or a header must be. */
export type Parameter = {
  name: string;
  in: 'path' | 'query' | 'header' | 'body';
  required?: boolean;
  type?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
};

/** One operation of a described API; `body` and `answers` say where the definitions are. */
export type Operation = {
  version: string;
  method: string;
  path: RegExp;
  parameters: Parameter[];
  consumes: string[];
  /** Null where there is none, or only a form that holds for all JSON arrays. */
  body: string | null;
  /** The members that its body needs. */
  required: string[];
  /** By status; `default` is what an error looks like. Null: no body. */
  answers: Map<string, string | null>;
};

const named = { in: 'path', required: true, type: 'string', minLength: 4, maxLength: 63 } as const;
/** The descriptions name these in a file that is not published beside them; this is what their reference pages say. */
const forThreads = new Map<string, Parameter>([
  [
    '/parameters/WorkspaceNameParameter',
    { ...named, name: 'workspaceName', pattern: '^[A-Za-z0-9][A-Za-z0-9-]+[A-Za-z0-9]$' },
  ],
  ['/parameters/TableNameParameter', { ...named, name: 'tableName', pattern: '^[A-Za-z0-9_-]+$' }],
]);

/** Every operation of the described APIs. */
export function readOperations(documents: Documents): Operation[] {
  const known = new Map<string, Node>();
  const read = (id: string): Node | null => {
    const document = known.get(id) ?? (documents.has(id) ? documents.read(id, false) : null);
    if (document) known.set(id, document);
    return document;
  };
  return documents.descriptions.flatMap((id) => {
    const document = documents.read(id, false);
    const { version } = document.info as { version: string };
    return Object.entries(document.paths as Record<string, Record<string, Node>>).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): Operation => {
        const parameters = operation.parameters as Node[];
        const body = refOf(id, parameters.find((each) => each.in === 'body')?.schema) ?? null;
        return {
          version,
          method: method.toUpperCase(),
          path: pathPattern(path),
          parameters: parameters.map((each) => resolved(read, id, each)),
          consumes: (operation.consumes ?? document.consumes ?? []) as string[],
          body,
          required: body ? ((at(document, body.split('#')[1] ?? '').required ?? []) as string[]) : [],
          answers: answersOf(id, operation.responses as Record<string, Node>),
        };
      }),
    );
  });
}

function answersOf(id: string, responses: Record<string, Node>): Map<string, string | null> {
  return new Map(Object.entries(responses).map(([status, { schema }]) => [status, refOf(id, schema) ?? null]));
}

function refOf(id: string, schema: unknown): string | undefined {
  const ref = (schema as Node | undefined)?.$ref;
  return typeof ref === 'string' ? new URL(ref, id).href : undefined;
}

function resolved(read: (id: string) => Node | null, id: string, parameter: Node): Parameter {
  if (typeof parameter.$ref !== 'string') return parameter as Parameter;
  const [file = '', pointer = ''] = new URL(parameter.$ref, id).href.split('#');
  const document = read(file);
  if (document) return at(document, pointer) as Parameter;
  const known = forThreads.get(pointer);
  if (!known) throw new Error(`the descriptions lack ${parameter.$ref}`);
  return known;
}

/** Letter case does not matter in the fixed parts of a path. */
function pathPattern(path: string): RegExp {
  const parts = path.split('/').map((part) => part.replaceAll('.', '\\.').replace(/^\{(\w+)\}$/, '(?<$1>[^/]+)'));
  return new RegExp(`^${parts.join('/')}$`, 'i');
}
