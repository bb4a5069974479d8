import { groupOf } from '../../ingestion/azure/access/rights.ts';
import type { Clock } from '../sims/clock.ts';
import { appGroups, newApp } from './apps.ts';
import type { Control, Panel, Section } from './control.ts';
import type { Estate } from './estate.ts';

/** What makes things happen in the sandbox: each control does to a simulator what the world does to the real thing. */
export function makePanel(estate: Estate, clock: Clock): Panel {
  const sections = [
    timeSection(clock),
    ...estate.orgs.map((_, index) => oktaSection(estate, index)),
    azureSection(estate, clock),
    teamsSection(estate),
  ];
  return {
    clock: () => ({ now: clock.now(), speed: clock.speed }),
    sections: () => sections.map((make) => make()),
  };
}

type MakeSection = () => Section;

/** Every change of rate begins a series of its own: an event of an earlier one must not come again. */
let seeds = 100;

function timeSection(clock: Clock): MakeSection {
  return () => ({
    title: 'Time',
    hint: 'Polls, deadlines and roles follow this clock.',
    controls: [
      {
        id: 'speed',
        label: 'Speed',
        kind: 'slider',
        value: clock.speed,
        min: 1,
        max: 60,
        step: 1,
        unit: '×',
        run: (speed) => {
          clock.speed = speed;
          return undefined;
        },
      },
      {
        id: 'advance',
        label: 'Jump 10 minutes ahead',
        kind: 'button',
        run: () => {
          clock.advance(600_000);
          return undefined;
        },
      },
    ],
  });
}

function oktaSection(estate: Estate, index: number): MakeSection {
  const { org, token } = estate.orgs[index] as Estate['orgs'][number];
  let perMinute = 60;
  let revoked = false;
  const lasting = toggles(() => org.faults);
  return () => ({
    title: `Okta: ${org.host}`,
    ...(index === 0 ? { hint: 'Type this domain and token into the connect dialog, or register a service app.' } : {}),
    facts: [
      { label: 'Domain', text: org.host, copy: true },
      { label: 'API token', text: token, copy: true },
    ],
    controls: [
      {
        id: `rate-${index}`,
        label: 'Events a minute',
        kind: 'slider',
        value: perMinute,
        min: 0,
        max: 600,
        step: 10,
        run: (value) => {
          perMinute = value;
          if (value === 0) org.stopEvents();
          else org.generate({ perMinute: value, seed: seeds++ });
          return undefined;
        },
      },
      {
        id: `revoke-${index}`,
        label: 'API token revoked',
        kind: 'toggle',
        value: revoked,
        run: (on) => {
          revoked = on;
          if (on) org.revoke(token);
          else org.restore(token);
          return on ? 'The token is revoked: the next poll will be refused.' : 'The token works again.';
        },
      },
      lasting(`limit-${index}`, 'Rate limit used up by others', { do: { kind: 'tooMany', form: 'budget' } }),
      lasting(`down-${index}`, 'Okta does not answer', { do: { kind: 'reset' } }),
      newApp(org, `new-app-${index}`),
    ],
    groups: appGroups(org),
  });
}

function azureSection(estate: Estate, clock: Clock): MakeSection {
  const { azure, workspace } = estate;
  const lasting = toggles(() => azure.faults);
  const member = memberships();
  let hidden = false;
  return () => {
    const table = [...workspace.tables.values()].find(({ name }) => name === 'OktaSystemLogs_CL')?.store;
    const totals = table?.totals(clock.now());
    return {
      title: `Azure: ${workspace.name}`,
      facts: [
        { label: 'Rows stored', text: totals ? String(totals.distinct) : 'no table yet' },
        { label: 'Stored twice', text: String(totals?.repeated ?? 0) },
      ],
      controls: [
        lasting('refuse', 'Uploads refused (503)', { where: 'ingestion', do: { status: 503 } }),
        lasting('forbid', 'Role taken away (403)', {
          where: 'ingestion',
          do: {
            status: 403,
            body: {
              error: {
                code: 'OperationFailed',
                message: 'The authentication token does not have access to ingest data for the data collection rule.',
              },
            },
          },
        }),
        member('lock', 'Resource group locked (read-only)', azure.governance.locks, {
          scope: groupOf(workspace.id),
          level: 'ReadOnly' as const,
        }),
        member('policy', 'A policy denies the region', azure.governance.policies, {
          name: 'Allowed locations',
          scope: groupOf(workspace.id),
          type: 'Microsoft.Insights/dataCollectionRules',
          allowedLocations: ['northeurope'],
        }),
        {
          id: 'hide',
          label: 'Rows accepted, but never visible',
          kind: 'toggle',
          value: hidden,
          run: (on) => {
            if (!table) return 'There is no table yet: connect an org first.';
            hidden = on;
            if (on) table.hide();
            else table.reveal(clock.now());
            return undefined;
          },
        },
        {
          id: 'delete-rules',
          label: 'Delete the data collection rules',
          kind: 'button',
          run: () => {
            const ids = [...azure.estate.rules.values()].map(({ id }) => id);
            for (const id of ids) azure.deleteRule(id);
            return `${ids.length} deleted, as somebody in the portal might.`;
          },
        },
      ],
    };
  };
}

function teamsSection({ teams }: Estate): MakeSection {
  let cut: { remove(): void } | null = null;
  return () => ({
    title: 'Teams',
    controls: [
      {
        id: 'cut',
        label: 'Teams takes no messages (503)',
        kind: 'toggle',
        value: cut !== null,
        run: (on) => {
          cut?.remove();
          cut = on ? teams.faults.add({ when: ({ method }) => method !== 'GET', do: { status: 503 } }) : null;
          return undefined;
        },
      },
    ],
  });
}

/** Toggles that put a fault in force and take it away again. */
function toggles<F>(faults: () => { add(fault: F): () => void }) {
  const ends = new Map<string, () => void>();
  return (id: string, label: string, fault: F): Control => ({
    id,
    label,
    kind: 'toggle',
    value: ends.has(id),
    run: (on) => {
      ends.get(id)?.();
      ends.delete(id);
      if (on) ends.set(id, faults().add(fault));
      return undefined;
    },
  });
}

/** Toggles that put something into a set of the simulator's and take it out again. */
function memberships() {
  const ends = new Map<string, () => void>();
  return <T>(id: string, label: string, set: Set<T>, value: T): Control => ({
    id,
    label,
    kind: 'toggle',
    value: ends.has(id),
    run: (on) => {
      ends.get(id)?.();
      ends.delete(id);
      if (!on) return undefined;
      set.add(value);
      ends.set(id, () => set.delete(value));
      return undefined;
    },
  });
}
