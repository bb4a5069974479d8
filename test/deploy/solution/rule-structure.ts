import { type Json, list, members } from '../template.ts';

type Rule = { [name: string]: Json };

const tactics = new Set([
  'InitialAccess',
  'Execution',
  'Persistence',
  'PrivilegeEscalation',
  'DefenseEvasion',
  'CredentialAccess',
  'Discovery',
  'LateralMovement',
  'Collection',
  'Exfiltration',
  'CommandAndControl',
  'Impact',
  'Reconnaissance',
  'ResourceDevelopment',
  'ImpairProcessControl',
  'InhibitResponseFunction',
]);

/** To which tactics a technique belongs there, of those that we use. Source: KillChainTechniquesHelper.cs. */
const tacticsOf = new Map([
  ['T1078', ['InitialAccess', 'Persistence', 'PrivilegeEscalation', 'DefenseEvasion']],
  ['T1098', ['Persistence']],
  ['T1539', ['CredentialAccess']],
  ['T1550', ['DefenseEvasion', 'LateralMovement']],
  ['T1562', ['DefenseEvasion']],
  ['T1621', ['CredentialAccess']],
]);

/** By what an entity may be known, of those that we use. Source: EntityMappingIdentifiers.cs. */
const identifiers = new Map([
  [
    'Account',
    ['Name', 'FullName', 'NTDomain', 'DnsDomain', 'UPNSuffix', 'Sid', 'AadUserId', 'DisplayName', 'ObjectGuid'],
  ],
  ['IP', ['Address']],
]);

const minute = 60_000;
const units: Record<string, number> = { m: minute, h: 60 * minute, d: 24 * 60 * minute };
const column = /^[a-zA-Z_]\w*$/;

/**
 * What is wrong with a rule as the repository takes it. Source: github.com/Azure/Azure-Sentinel,
 * .script/tests/detectionTemplateSchemaValidation/Models, ScheduledTemplateInternalModel.cs and the classes that it names.
 */
export function structureFaults(rule: Rule): string[] {
  const text = (name: string) => (typeof rule[name] === 'string' ? String(rule[name]) : '');
  const [frequency, period] = [timeOf(text('queryFrequency')), timeOf(text('queryPeriod'))] as const;
  const details = members(rule.customDetails);
  const checks: [right: boolean, fault: string][] = [
    [/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text('id')), 'id must be a GUID'],
    [text('kind') === 'Scheduled', 'kind must be Scheduled'],
    [text('name') !== '' && text('name').length <= 256, 'name must have at most 256 letters'],
    [text('description') !== '' && text('description').length <= 5000, 'description must have at most 5000 letters'],
    [['Informational', 'Low', 'Medium', 'High'].includes(text('severity')), 'severity is none'],
    [Array.isArray(rule.requiredDataConnectors), 'requiredDataConnectors must be a list'],
    [text('query') !== '' && text('query').length <= 10_000, 'query must have at most 10000 letters'],
    [/^\d+\.\d+\.\d+$/.test(text('version')), 'version must be three numbers'],
    [frequency >= 5 * minute && frequency <= 14 * (units.d ?? 0), 'queryFrequency must be 5 minutes to 14 days'],
    [period >= frequency && period <= 14 * (units.d ?? 0), 'queryPeriod must be as long, and 14 days at most'],
    [period < 2 * (units.d ?? 0) || frequency >= (units.h ?? 0), 'a period of two days takes a frequency of an hour'],
    [['gt', 'lt', 'eq', 'ne'].includes(text('triggerOperator')), 'triggerOperator is none'],
    [Number.isInteger(rule.triggerThreshold), 'triggerThreshold must be a number'],
    [
      Object.entries(details).every(([name, value]) => /^[a-zA-Z]\w{0,19}$/.test(name) && column.test(String(value))),
      'customDetails',
    ],
    [
      ['SingleAlert', 'AlertPerResult'].includes(String(members(rule.eventGroupingSettings).aggregationKind)),
      'aggregationKind is none',
    ],
  ];
  return [
    ...checks.filter(([right]) => !right).map(([, fault]) => fault),
    ...list(rule.tactics)
      .filter((each) => !tactics.has(String(each)))
      .map((each) => `there is no tactic ${each}`),
    ...(list(rule.tactics).length > 0 ? [] : ['a rule without tactics is not taken']),
    ...techniqueFaults(rule),
    ...entityFaults(rule.entityMappings),
  ];
}

function techniqueFaults(rule: Rule): string[] {
  const given = list(rule.tactics).map(String);
  return list(rule.relevantTechniques)
    .map(String)
    .filter((each) => !tacticsOf.get(each.split('.')[0] ?? '')?.some((tactic) => given.includes(tactic)))
    .map((each) => `${each} belongs to none of the tactics`);
}

function entityFaults(mappings: Json | undefined): string[] {
  if (mappings === undefined) return [];
  const all = list(mappings).map(members);
  return [
    ...(all.length >= 1 && all.length <= 5 ? [] : ['entityMappings must be one to five']),
    ...all.flatMap(({ entityType, fieldMappings }) => {
      const fields = list(fieldMappings).map(members);
      const known = identifiers.get(String(entityType)) ?? [];
      return [
        ...(fields.length >= 1 && fields.length <= 3 ? [] : [`${entityType} must have one to three fields`]),
        ...fields
          .filter(({ identifier }) => !known.includes(String(identifier)))
          .map(({ identifier }) => `${entityType} is not known by ${identifier}`),
        ...fields
          .filter(({ columnName }) => !column.test(String(columnName)))
          .map(({ columnName }) => `${columnName} is no column`),
      ];
    }),
  ];
}

/** Milliseconds; NaN for what is no time. */
function timeOf(text: string): number {
  const [, amount, unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? [];
  return Number(amount) * (units[unit] ?? Number.NaN);
}
