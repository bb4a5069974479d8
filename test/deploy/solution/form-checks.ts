import { list, members } from '../template.ts';
import { blanks, entry, type Faults, found } from './faults.ts';
import { type Members, membersIn } from './files.ts';
import type { Check } from './repository-checks.ts';

const source = 'github.com/Azure/arm-ttk, arm-ttk/testcases/CreateUIDefinition';

/** The toolkit's tests of forms that look at what ours has. */
const own: [name: string, wants: string, faultsOf: Faults][] = [
  [
    'CreateUIDefinition Should Have Schema',
    'the one schema of forms, and its version',
    ({ form }) =>
      form.$schema === 'https://schema.management.azure.com/schemas/0.1.2-preview/CreateUIDefinition.MultiVm.json#' &&
      form.version === '0.1.2-preview'
        ? []
        : ['schema and version must be those of 0.1.2-preview'],
  ],
  [
    'Handler Must Be Correct',
    'the one handler of forms',
    ({ form }) => (form.handler === 'Microsoft.Azure.CreateUIDef' ? [] : ['the handler is another']),
  ],
  [
    'CreateUIDefinition Must Have Parameters',
    'parameters',
    ({ form }) => (form.parameters ? [] : ['there is no member parameters']),
  ],
  [
    'CreateUIDefinition Must Not Have Blanks',
    'nothing empty',
    ({ formText }) => blanks(formText, ['basics', 'steps', 'defaultValue', 'outputs']),
  ],
  [
    'Location Should Be In Outputs',
    'the place is handed on',
    ({ form }) =>
      /^\[(?:location\(\)|basics|steps|resourceGroup)/.test(String(outputsOf(form).location))
        ? []
        : ['location is not handed on'],
  ],
  [
    'Outputs Must Be Present In Template Parameters',
    'what is handed on is a parameter',
    ({ form, template }) =>
      Object.keys(outputsOf(form))
        .filter((name) => !(name in members(template.parameters)))
        .map((name) => `${name} is no parameter`),
  ],
  [
    'Parameters Without Default Must Exist In CreateUIDefinition',
    'what must be given is handed on',
    ({ form, template }) =>
      Object.entries(members(template.parameters))
        .filter(([name, parameter]) => !('defaultValue' in members(parameter)) && !(name in outputsOf(form)))
        .map(([name]) => `${name} is not handed on`),
  ],
  [
    'Controls In Outputs Must Exist',
    'what is handed on is a field',
    ({ form }) => {
      const fields = list(members(form.parameters).basics).map((each) => members(each).name);
      return Object.values(outputsOf(form))
        .flatMap((value) => [...String(value).matchAll(/basics\('([^']+)'\)/g)].map(([, name = '']) => name))
        .filter((name) => !fields.includes(name))
        .map((name) => `there is no field ${name}`);
    },
  ],
  [
    'Allowed Values Should Actually Be Allowed',
    'a field to choose from is handed on, to a parameter without another value of its own',
    ({ form, template }) =>
      membersIn(form)
        .filter(({ name, owner }) => name === 'constraints' && members(owner.constraints).allowedValues)
        .flatMap(({ owner }) => {
          const output = Object.entries(outputsOf(form)).find(
            ([, value]) => String(value) === `[basics('${owner.name}')]`,
          )?.[0];
          if (!output) return [`${owner.name} is not handed on`];
          return members(members(template.parameters)[output]).defaultValue
            ? [`${output} has a value that is none of them`]
            : [];
        }),
  ],
  [
    'Tooltips Should Be Present',
    'each field says what it is for',
    ({ form }) =>
      membersIn(form)
        .filter(
          ({ name, value }) =>
            name === 'type' && /^Microsoft\./.test(String(value)) && !/InfoBox|Section|TextBlock/.test(String(value)),
        )
        .filter(({ owner }) => !String(owner.toolTip ?? '').trim())
        .map(({ owner }) => `${owner.name} has no tool tip`),
  ],
];

/** Those that look for kinds of fields which ours has none of. */
const absent: [name: string, of: RegExp][] = [
  ['Credential Confirmation Should Not Be Hidden', /CredentialsCombo/],
  ['HideExisting Must Be Correctly Handled', /hideExisting/],
  ['Password Textboxes Must Be Used For Password Parameters', /"name": "\w*password/i],
  ['PasswordBoxes Must Have Min Length', /PasswordBox/],
  ['Textboxes Are Well Formed', /Microsoft\.Common\.TextBox"/],
  ['Usernames Should Not Have A Default', /UserNameTextBox/],
  ['VMSizes Must Match Template', /SizeSelector/],
  ['Validations Must Have Message', /"validations"/],
];

/** All of those of forms, by their names. */
export const formChecks = new Map<string, Check>([
  ...own.map(([name, wants, faultsOf]) => entry(name, { wants, source, faultsOf })),
  ...absent.map(([name, of]) =>
    entry(name, {
      wants: 'none of it is here',
      source,
      faultsOf: ({ formText }) => found(formText, new RegExp(of, `g${of.flags}`)),
    }),
  ),
]);

function outputsOf(form: Members): Members {
  return members(members(form.parameters).outputs);
}
