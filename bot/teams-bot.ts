import { randomUUID } from 'node:crypto';
import {
  type Activity,
  type AdaptiveCardInvokeResponse,
  type AdaptiveCardInvokeValue,
  CardFactory,
  type TaskModuleRequest,
  type TaskModuleResponse,
  TeamsActivityHandler,
  type TurnContext,
} from 'botbuilder';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Card } from '../cards/kit/template.ts';
import { welcomeCard } from '../cards/messages/help.ts';
import { noticeCard } from '../cards/messages/notice.ts';
import { sentences } from '../cards/words/sentences.ts';
import { ownerNeeds } from '../ingestion/azure/access/rights.ts';
import { audit } from '../ingestion/connector/audit.ts';
import { type Connector, stateOf } from '../ingestion/connector/connector.ts';
import { getConnector } from '../ingestion/connector/connectors.ts';
import { findOutboxCard, reviveOutboxCards } from '../ingestion/connector/outbox.ts';
import { retryNow } from '../ingestion/connector/owner-requests.ts';
import type { Runtime } from '../ingestion/runtime/runtime.ts';
import { personOf, type Roster, refusalOn } from './authorization.ts';
import { connectorsPage, runCommand, statusOf } from './commands/commands.ts';
import { contentFor } from './commands/content.ts';
import type { Wizard } from './dialogs/connect.ts';
import type { Removal } from './dialogs/delete.ts';
import type { DialogAnswer, DialogCall } from './dialogs/dialog.ts';
import type { Manage } from './dialogs/manage.ts';
import { tenantOf } from './teams/activity-check.ts';
import { drawOutboxCard } from './teams/card-delivery.ts';
import {
  askName,
  conversationIdOf,
  getConversation,
  isNew,
  leavePlace,
  rememberConversation,
} from './teams/conversations.ts';
import { holdsToken, parseCommand, typedText } from './teams/message-text.ts';

export type BotParts = {
  runtime: Runtime;
  pool: pg.Pool;
  log: Logger;
  roster: Roster;
  wizard: Wizard;
  manage: Manage;
  removal: Removal;
};

type Dialog = { open(call: DialogCall): Promise<DialogAnswer>; submit(call: DialogCall): Promise<DialogAnswer> };

/** Routes what Teams sends: text to commands, dialogs to their flows, card buttons to their verbs. */
export class TeamsBot extends TeamsActivityHandler {
  readonly #parts: BotParts;
  readonly #dialogs: Map<string, Dialog>;
  readonly #verbs = new Map<string, (context: TurnContext, data: Record<string, unknown>) => Promise<Card>>([
    ['connectors', (context, data) => this.#turnPage(context, data)],
    ['status', (context, data) => this.#refresh(context, data)],
    ['content', (context, data) => this.#turnContent(context, data)],
    ['retry', (context, data) => this.#retry(context, data)],
  ]);

  constructor(parts: BotParts) {
    super();
    this.#parts = parts;
    this.#dialogs = new Map<string, Dialog>([
      ['connect', parts.wizard],
      ['manage', parts.manage],
      ['delete', parts.removal],
      ['status', { open: (call) => this.#statusDialog(call), submit: (call) => this.#statusDialog(call) }],
    ]);
    this.onMessage(async (context, next) => {
      await this.#message(context);
      await next();
    });
    this.onInstallationUpdate(async (context, next) => {
      await this.#installed(context);
      await next();
    });
  }

  /** Every activity tells where the bot can be reached, but for those by which it leaves. */
  override async run(context: TurnContext): Promise<void> {
    const { action, membersRemoved, recipient } = context.activity;
    const leaving = action?.startsWith('remove') || membersRemoved?.some(({ id }) => id === recipient.id);
    if (!leaving) await this.#remember(context);
    await super.run(context);
  }

  /** What goes wrong here is logged and does not keep the person from an answer. */
  async #remember(context: TurnContext): Promise<void> {
    const { pool, runtime, log } = this.#parts;
    const { activity } = context;
    try {
      const known = await getConversation(pool, conversationIdOf(activity));
      // A dialog has no time for questions to Teams.
      const name = known?.name || activity.type === 'invoke' ? '' : await askName(context);
      await rememberConversation(pool, activity, name, runtime.now());
      if (!known) await reviveOutboxCards(pool, conversationIdOf(activity), runtime.now());
    } catch (error) {
      log.error({ err: error }, 'a conversation could not be remembered');
    }
  }

  async #message(context: TurnContext): Promise<void> {
    try {
      const card = await this.#answer(context);
      if (card) await say(context, card);
    } catch (error) {
      await say(context, noticeCard({ title: 'Something went wrong', text: this.#broken(error), tone: 'attention' }));
    }
  }

  /** The answer to what was typed; null to what was heard before. */
  async #answer(context: TurnContext): Promise<Card | null> {
    const { pool, runtime, roster } = this.#parts;
    const { activity } = context;
    if (!(await isNew(pool, activity, runtime.now()))) return null;
    const text = typedText(activity);
    if (holdsToken(text)) {
      return noticeCard({ title: 'Keep tokens out of chats', text: sentences.tokenInChat, tone: 'attention' });
    }
    const conversation = await getConversation(pool, conversationIdOf(activity));
    if (!conversation) throw new Error('the conversation of an answer is not known');
    const { word, argument } = parseCommand(text);
    return runCommand(this.#parts, word, {
      tenantId: tenantOf(activity),
      person: personOf(context),
      membership: await roster.membership(context),
      conversation,
      activityId: activity.id,
      argument,
    });
  }

  /** One welcome when the app is installed; when it is removed, nothing is sent there any more. */
  async #installed(context: TurnContext): Promise<void> {
    const { pool, runtime } = this.#parts;
    const { activity } = context;
    if (activity.action?.startsWith('remove')) return leavePlace(pool, activity);
    if (activity.action !== 'add' || !(await isNew(pool, activity, runtime.now()))) return;
    const { name } = activity.from;
    await say(context, welcomeCard(name ? { installedBy: name } : {}));
  }

  protected override handleTeamsTaskModuleFetch(
    context: TurnContext,
    request: TaskModuleRequest,
  ): Promise<TaskModuleResponse> {
    return this.#dialog(context, request, (dialog, call) => dialog.open(call));
  }

  protected override handleTeamsTaskModuleSubmit(
    context: TurnContext,
    request: TaskModuleRequest,
  ): Promise<TaskModuleResponse> {
    return this.#dialog(context, request, (dialog, call) => (call.data.open ? dialog.open(call) : dialog.submit(call)));
  }

  /** A dialog always gets an answer: a turn that throws would show "Unable to reach app" and be sent again. */
  async #dialog(
    context: TurnContext,
    request: TaskModuleRequest,
    step: (dialog: Dialog, call: DialogCall) => Promise<DialogAnswer>,
  ): Promise<TaskModuleResponse> {
    try {
      const data = (request.data ?? {}) as Record<string, unknown>;
      const dialog = this.#dialogs.get(String(data.dialog));
      if (!dialog) return inTeams({ kind: 'message', text: sentences.expired });
      const refusal = await this.#refuse(context);
      if (refusal) return inTeams({ kind: 'message', text: refusal });
      const { activity } = context;
      const call = {
        tenantId: tenantOf(activity),
        person: personOf(context),
        conversationId: conversationIdOf(activity),
        activityId: activity.id,
        data,
      };
      return inTeams(await step(dialog, call));
    } catch (error) {
      return inTeams({ kind: 'message', text: this.#broken(error) });
    }
  }

  protected override async onAdaptiveCardInvoke(
    context: TurnContext,
    { action }: AdaptiveCardInvokeValue,
  ): Promise<AdaptiveCardInvokeResponse> {
    try {
      const verb = this.#verbs.get(action?.verb ?? '');
      const refusal = verb ? await this.#refuse(context) : sentences.gone;
      const data = (action?.data ?? {}) as Record<string, unknown>;
      if (verb && !refusal) return onCard(await verb(context, data));
      return onCard(noticeCard({ title: 'Not possible', text: refusal ?? '', tone: 'warning' }));
    } catch (error) {
      return onCard(noticeCard({ title: 'Something went wrong', text: this.#broken(error), tone: 'attention' }));
    }
  }

  async #refuse(context: TurnContext): Promise<string | null> {
    const membership = await this.#parts.roster.membership(context);
    if (membership === 'unknown') return sentences.unknownMember;
    return membership === 'guest' ? sentences.guest : null;
  }

  #broken(error: unknown): string {
    const id = randomUUID().slice(0, 8);
    this.#parts.log.error({ err: error, id }, 'a turn failed');
    return sentences.broken(id);
  }

  #turnPage(context: TurnContext, data: Record<string, unknown>): Promise<Card> {
    const page = Number.isInteger(data.page) ? Number(data.page) : 1;
    return connectorsPage(this.#parts, tenantOf(context.activity), { page, filter: String(data.filter ?? '') });
  }

  async #turnContent(context: TurnContext, data: Record<string, unknown>): Promise<Card> {
    const connector = await this.#find(tenantOf(context.activity), data);
    if (!connector) return noticeCard({ title: 'Gone', text: sentences.gone, tone: 'warning' });
    const page = Number.isInteger(data.page) ? Number(data.page) : 1;
    return contentFor(this.#parts.runtime, personOf(context), connector, page);
  }

  async #find(tenantId: string, data: Record<string, unknown>): Promise<Connector | null> {
    const connector = await getConnector(this.#parts.pool, String(data.connector));
    return connector?.tenantId === tenantId ? connector : null;
  }

  async #refresh(context: TurnContext, data: Record<string, unknown>): Promise<Card> {
    const connector = await this.#find(tenantOf(context.activity), data);
    if (!connector) return noticeCard({ title: 'Gone', text: sentences.gone, tone: 'warning' });
    const card = await statusOf(this.#parts, connector);
    await this.#everybodySees(context, card);
    return card;
  }

  /** Tries again at once: the failed step of a connector being built, or its poll. Takes the rights of an owner. */
  async #retry(context: TurnContext, data: Record<string, unknown>): Promise<Card> {
    const { runtime, pool } = this.#parts;
    const { activity } = context;
    const tenantId = tenantOf(activity);
    const connector = await this.#find(tenantId, data);
    if (!connector) return noticeCard({ title: 'Gone', text: sentences.gone, tone: 'warning' });
    const person = personOf(context);
    const refusal = await refusalOn(runtime, person, connector.settings.workspace, ownerNeeds);
    const result = refusal ? 'refused' : 'due at once';
    await audit(
      pool,
      { tenantId, actor: person, action: 'retry', target: connector.name, result, activityId: activity.id },
      runtime.now(),
    );
    if (refusal)
      await say(context, noticeCard({ title: `Not possible, ${person.name}`, text: refusal, tone: 'warning' }));
    else await retryNow(pool, connector.id, runtime.now());
    return this.#cardBehind(context, connector);
  }

  /** The card that was pressed, as it looks now: a card is answered with a card, or it would show empty. */
  async #cardBehind(context: TurnContext, connector: Connector): Promise<Card> {
    const outboxCard = await findOutboxCard(
      this.#parts.pool,
      conversationIdOf(context.activity),
      context.activity.replyToId ?? '',
    );
    const face = outboxCard && (await drawOutboxCard(this.#parts, outboxCard));
    return face ? face.card : statusOf(this.#parts, connector);
  }

  /** The answer to a button changes its presser's view only; the message itself is edited for the others. */
  async #everybodySees(context: TurnContext, card: Card): Promise<void> {
    const id = context.activity.replyToId;
    if (!id) return;
    try {
      await context.updateActivity({
        id,
        type: 'message',
        attachments: [CardFactory.adaptiveCard(card)],
      } as Partial<Activity>);
    } catch (error) {
      // The presser has the new card all the same.
      this.#parts.log.warn({ err: error }, 'a card could not be edited for everybody');
    }
  }

  async #statusDialog(call: DialogCall): Promise<DialogAnswer> {
    const connector = await this.#find(call.tenantId, call.data);
    if (!connector || stateOf(connector) === 'deleting') return { kind: 'message', text: sentences.gone };
    return { kind: 'card', title: connector.name, card: await statusOf(this.#parts, connector, true) };
  }
}

function inTeams(answer: DialogAnswer): TaskModuleResponse {
  if (answer.kind === 'message') return { task: { type: 'message', value: answer.text } };
  const { title, card } = answer;
  return {
    task: {
      type: 'continue',
      value: { title, width: 'medium', height: 'large', card: CardFactory.adaptiveCard(card) },
    },
  };
}

function onCard(card: Card): AdaptiveCardInvokeResponse {
  return { statusCode: 200, type: 'application/vnd.microsoft.card.adaptive', value: card };
}

async function say(context: TurnContext, card: Card): Promise<void> {
  await context.sendActivity({ attachments: [CardFactory.adaptiveCard(card)] });
}
