import assert from 'node:assert/strict';
import type { Row } from '../sims/kql.ts';
import { run, shows } from './queried.ts';

const mandatory =
  'EventCount EventStartTime EventEndTime EventType EventResult EventProduct EventVendor EventSchema EventSchemaVersion Dvc EventSeverity TargetAppName';
const allowed = new Map<string, string[]>([
  ['EventType', ['Logon', 'Logoff', 'Elevate']],
  [
    'EventSubType',
    ['', 'System', 'Interactive', 'RemoteInteractive', 'Service', 'RemoteService', 'Remote', 'AssumeRole'],
  ],
  ['EventResult', ['Success', 'Partial', 'Failure', 'NA']],
  ['EventSeverity', ['Informational', 'Low', 'Medium', 'High']],
  [
    'EventResultDetails',
    [
      '',
      'No such user or password',
      'No such user',
      'Incorrect password',
      'Incorrect key',
      'Account expired',
      'Password expired',
      'User locked',
      'User disabled',
      'Logon violates policy',
      'Session expired',
      'Other',
    ],
  ],
  ['TargetUserIdType', ['', 'OktaId']],
  ['TargetUsernameType', ['', 'UPN', 'Simple']],
  ['TargetUserType', ['', 'Regular', 'System', 'Application', 'Other']],
  ['SrcDeviceType', ['', 'Computer', 'Mobile Device', 'Other']],
  ['SrcDvcIdType', ['', 'Other']],
  ['ActingAppType', ['', 'Process', 'Other']],
]);

/** Holds the rows of the parser for ASIM against the schema: mandatory columns are filled, and values are listed ones. */
export function checkSchema(events: Row[], atLeast: number): void {
  const { rows } = run('vimAuthenticationOktaPatchbay', events);
  assert.ok(rows.length >= atLeast, `${rows.length} rows`);
  for (const row of rows) {
    for (const name of mandatory.split(' ')) assert.ok((row[name] ?? '') !== '', `${name} of ${row.EventOriginalType}`);
    for (const [name, values] of allowed) assert.ok(values.includes(row[name] as string), `${name}: ${row[name]}`);
    assert.equal(row.EventResult === 'Failure', row.EventResultDetails !== '');
    assert.equal(row.TargetUserId === '', row.TargetUserIdType === '');
    assert.equal(row.TargetUsername === '', row.TargetUsernameType === '');
    assert.equal(row.User, row.TargetUsername || row.TargetUserId);
    shows(row, { EventCount: 1, EventVendor: 'Okta', EventSchema: 'Authentication', EventSchemaVersion: '0.1.3' });
  }
}
