import { groupOf } from '../../../ingestion/azure/access/rights.ts';
import { actionsIn, botRolesNeeded, type Scene } from '../../scene/scene.ts';
import { type LogTable, newTable, type Workspace } from '../../sims/azure/estate.ts';
import type { Effect } from '../../sims/azure/faults.ts';
import { textOf } from '../../sims/teams/cards.ts';
import type { Message } from '../../sims/teams/tenant.ts';

/** Undoes what was done to Azure. */
export type Cure = () => unknown;

/** A connector with a subscription, resource group and workspace of its own, so that what is done to it touches no other. */
export class Place {
  readonly scene: Scene;
  readonly name: string;
  readonly subscription: string;
  readonly group: string;
  readonly workspace: Workspace;

  constructor(scene: Scene, name: string, location = 'westeurope') {
    const { azure, ada } = scene;
    this.scene = scene;
    this.name = name;
    this.subscription = azure.addSubscription(name);
    const resourceGroup = `rg-${name.toLowerCase()}`;
    this.workspace = azure.addWorkspace({
      name: `${name.toLowerCase()}-workspace`,
      resourceGroup,
      subscription: this.subscription,
      location,
    });
    this.group = groupOf(this.workspace.id);
    const bot = azure.identity.principalId;
    for (const role of botRolesNeeded) azure.grant(bot, role, this.group);
    // Read from above, whose rights a person has is known even of a workspace that is gone.
    azure.grant(bot, 'Log Analytics Reader', `/subscriptions/${this.subscription}`);
    for (const role of ['Log Analytics Contributor', 'Microsoft Sentinel Contributor']) {
      azure.grant(ada.aadObjectId, role, `/subscriptions/${this.subscription}`);
    }
  }

  async connect(): Promise<void> {
    await this.scene.connect(this.scene.ada, this.name, { workspace: this.workspace.id });
  }

  /** Calls of this place's only, by method and a part of the path, go wrong. */
  fault(method: string, part: string, effect: Effect, times = Number.POSITIVE_INFINITY): Cure {
    return this.scene.azure.faults.add({ where: 'arm', when: this.#isOwn(method, part), times, do: effect });
  }

  /** Waits until such a call has come, answered or not. */
  asked(method: string, part: string): Promise<void> {
    const { azure } = this.scene;
    return this.scene.arrived(() => azure.requests.some(this.#isOwn(method, part)));
  }

  #isOwn(method: string, part: string) {
    const at = `/${this.group.split('/').at(-1)}/`;
    return (call: { method: string; path: string }) =>
      call.method === method && `${call.path}/`.includes(at) && call.path.includes(part);
  }

  /** Uploads through this place's rule go wrong. */
  upload(effect: Effect): Cure {
    const { azure } = this.scene;
    const when = ({ host }: { host: string }) => azure.rule(this.ruleId)?.endpointHost === host;
    return azure.faults.add({ where: 'ingestion', when, do: effect });
  }

  /** Such calls are refused in ARM's form. */
  refuse(
    method: string,
    part: string,
    status: number,
    error: { code: string; message: string; details?: unknown[] },
  ): Cure {
    return this.fault(method, part, { status, body: { error } });
  }

  /** A member of one of the sets of what stands above roles. */
  put<T>(set: Set<T>, member: T): Cure {
    set.add(member);
    return () => set.delete(member);
  }

  /** A table of the product's name that somebody else made. */
  table(changes: Partial<LogTable>): Cure {
    const { tables } = this.workspace;
    const made = newTable('OktaSystemLogs_CL', [{ name: 'TimeGenerated', type: 'datetime' }], this.scene.clock.now());
    Object.assign(made, changes);
    tables.set('oktasystemlogs_cl', made);
    return () => {
      if (tables.get('oktasystemlogs_cl') === made) tables.delete('oktasystemlogs_cl');
    };
  }

  /** The rule; empty while there is none. */
  get ruleId(): string {
    return (
      [...this.scene.azure.estate.rules.values()].find(
        ({ id }) => id.startsWith(`${this.group}/`) && id.includes('/patchbay-okta-'),
      )?.id ?? ''
    );
  }

  /** Waits until this connector's card says all of it, as a reader sees it. */
  async card(...says: string[]): Promise<Message> {
    const { teams, channel } = this.scene;
    const fits = (message: Message) => {
      const text = seen(message);
      return this.#isOwnCard(text) && says.every((part) => text.includes(part));
    };
    try {
      return await teams.until(() => teams.messages(channel).findLast(fits));
    } catch {
      const last = teams.messages(channel).findLast((message) => this.#isOwnCard(seen(message)));
      throw new Error(`${this.name}: no card says ${JSON.stringify(says)}; the last one: ${last && seen(last)}`);
    }
  }

  /** Its progress card, or an alert about it. */
  #isOwnCard(text: string): boolean {
    return text.includes(`→ ${this.workspace.name}`) || text.includes(`Workspace: ${this.workspace.name}`);
  }

  /**
   * Presses the card's Retry, or what it is called where it mends; once more where it is refused, as when rights can't be read
   * in time because the clock was advanced for another connector.
   */
  async retry(message: Message): Promise<void> {
    const action = actionsIn(message.cards).find(({ title }) => title === 'Retry' || title === 'Repair');
    if (!action) throw new Error(`${this.name}: no Retry on ${seen(message)}`);
    const { teams, ada, channel } = this.scene;
    const press = () => teams.execute(ada, channel, message, action);
    const first = await press();
    const last = first.kind === 'message' ? await press() : first;
    if (last.kind === 'message') throw new Error(`${this.name}: Retry is refused: ${last.text}`);
  }

  /** When the connector is tried again by itself. */
  async dueAt(): Promise<number> {
    const [row] = await this.scene.rows<{ due: Date | number }>(
      'select due_at as due from connectors where name = $1',
      [this.name],
    );
    return Number(row?.due);
  }

  async built(): Promise<void> {
    const done = `select 1 as done from connectors where provisioning->'finishedAt' <> 'null' and name = $1`;
    await this.scene.eventually(done, [this.name]);
  }
}

/** What a reader sees on a message's cards. */
export function seen({ cards }: Message): string {
  return cards
    .map(textOf)
    .join('\n')
    .replace(/[\u2060\u2068\u2069]/g, '');
}
