import { type Arg, compile, defaultValue, type Scope } from './expression.ts';
import { type Expansion, fail, kindOf, list, type Node, type Parameter, part } from './language.ts';
import { KqlError } from './schema.ts';
import { compileRelation, declare, type Names, type Relation, scopeOf } from './tabular.ts';
import { convert } from './values.ts';

/**
 * Compiles the call of a saved function, with or without parentheses. Its body knows its parameters, its own `let`
 * statements, the tables and the other saved functions, and nothing of the query around it. What cannot be run is told
 * with the name of the function and the place of the call.
 */
export function compileSaved(call: Node, { lets, result, parameters }: Expansion, names: Names): Relation {
  const scalars = bind(call, parameters, scopeOf(names, { columns: [], stored: false }));
  try {
    return compileRelation(result, declare(lets, names.run, scalars));
  } catch (error) {
    if (!(error instanceof KqlError)) throw error;
    return fail(error.code, `in ${nameOf(call)}: ${error.message}`, call);
  }
}

function nameOf(call: Node): string {
  return (kindOf(call) === 'FunctionCallExpression' ? part(call, 'Name') : call).SimpleName ?? '';
}

function bind(call: Node, parameters: Parameter[], scope: Scope): Scope['scalars'] {
  const given = argumentsOf(call, parameters, scope);
  return new Map(
    parameters.map(({ name, type, byDefault }) => {
      const value = given.get(name) ?? (byDefault === null ? null : defaultValue(byDefault, type));
      return [name, value ?? fail('function', `${nameOf(call)} needs a value for ${name}`, call)];
    }),
  );
}

function argumentsOf(call: Node, parameters: Parameter[], scope: Scope): Map<string, Arg> {
  const nodes = kindOf(call) === 'FunctionCallExpression' ? list(part(call, 'ArgumentList'), 'Expressions') : [];
  return new Map(
    nodes.map((node, index) => {
      const named = kindOf(node) === 'SimpleNamedExpression' ? part(node, 'Name').SimpleName : parameters[index]?.name;
      const parameter = parameters.find(({ name }) => name === named);
      if (parameter === undefined) return fail('function', `${nameOf(call)} has no such parameter`, node);
      return [parameter.name, typed(compile(node, scope), parameter)];
    }),
  );
}

// The analyser takes any type for a parameter; here only a number may stand for another kind of number.
function typed(arg: Arg, { name, type }: Parameter): Arg {
  if (arg.type === type) return arg;
  const numbers = ['int', 'long', 'real'];
  if (!numbers.includes(arg.type) || !numbers.includes(type))
    return fail('type', `${name} is ${type}, not ${arg.type}`, arg.node);
  return { ...arg, type, run: (row) => convert(arg.run(row), arg.type, type) };
}
