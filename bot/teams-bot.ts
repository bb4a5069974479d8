import { randomUUID } from 'node:crypto';
import {
  type AdaptiveCardInvokeResponse,
  type AdaptiveCardInvokeValue,
  type MessagingExtensionAction,
  type MessagingExtensionActionResponse,
  type TaskModuleRequest,
  type TaskModuleResponse,
  TeamsActivityHandler,
  type TurnContext,
} from 'botbuilder';
import type { Card } from '../cards/kit/template.ts';
import { welcomeCard } from '../cards/messages/help.ts';
import { noticeCard } from '../cards/messages/notice.ts';
import { sentences } from '../cards/words/sentences.ts';
import { isStoreAway } from '../ingestion/store/database.ts';
import { auditShutOut } from './authorization.ts';
import { buttons } from './commands/buttons.ts';
import { answerText } from './commands/commands.ts';
import { pauseDialog } from './commands/pause.ts';
import { retryDialog } from './commands/retry.ts';
import { silenceDialog } from './commands/snooze.ts';
import { statusDialog } from './commands/status.ts';
import { connectDialog } from './dialogs/connect.ts';
import { deleteDialog } from './dialogs/delete.ts';
import { manageDialog } from './dialogs/manage.ts';
import { askerOf } from './teams/asker.ts';
import type { Backend } from './teams/backend.ts';

import { type Dialog, type DialogAnswer, inTeams, said } from './teams/dialog.ts';
import { holdsToken, typedText } from './teams/message-text.ts';
import { isExtension, moveIn, speaksFrom } from './teams/moves.ts';
import { findPressed, refreshed } from './teams/pressed.ts';
import { followMove, rememberPlace } from './teams/remember.ts';
import { isNew } from './teams/replays.ts';

import { pressAnswer, sendCard } from './teams/reply.ts';
import type { Roster } from './teams/roster.ts';

/** The dialogs by the names that their buttons send. */
const dialogs = new Map<string, Dialog>([
  ['connect', connectDialog],
  ['manage', manageDialog],
  ['delete', deleteDialog],
  ['pause', pauseDialog],
  ['retry', retryDialog],
  ['status', statusDialog],
  ['silence', silenceDialog],
]);

/** Routes what Teams sends: text to commands, dialogs to their flows, card buttons to their verbs. */
export class TeamsBot extends TeamsActivityHandler {
  readonly #backend: Backend;
  readonly #roster: Roster;

  constructor(backend: Backend, roster: Roster) {
    super();
    this.#backend = backend;
    this.#roster = roster;
    this.onMessage(async (context, next) => {
      await this.#answerMessage(context);
      await next();
    });
    this.onInstallationUpdate(async (context, next) => {
      await this.#greet(context);
      await next();
    });
  }

  /** Whoever speaks to the bot tells where it can be reached; other activities may tell what has become of a place. */
  override async run(context: TurnContext): Promise<void> {
    const move = moveIn(context.activity);
    if (move) await followMove(this.#backend, move);
    else if (speaksFrom(context.activity)) await rememberPlace(this.#backend, context);
    await super.run(context);
  }

  /** Nothing is said when people come, go or rename things; the SDK would ask Teams about each. */
  protected override async dispatchConversationUpdateActivity(): Promise<void> {}

  async #answerMessage(context: TurnContext): Promise<void> {
    try {
      const card = await this.#drawAnswer(context);
      if (card) await sendCard(this.#backend, context, card);
    } catch (error) {
      await sendCard(this.#backend, context, this.#failureCard(error));
    }
  }

  /** The answer to what was typed; null to what was heard before. */
  async #drawAnswer(context: TurnContext): Promise<Card | null> {
    const { pool, runtime } = this.#backend;
    const { activity } = context;
    if (!(await isNew(pool, activity, runtime.now()))) return null;
    const text = typedText(activity);
    if (holdsToken(text)) {
      return noticeCard({ title: 'Keep tokens out of chats', text: sentences.tokenInChat, tone: 'attention' });
    }
    const membership = await this.#roster.membership(context);
    return answerText(this.#backend, askerOf(context), { text, membership });
  }

  /** One welcome when the app is installed. */
  async #greet(context: TurnContext): Promise<void> {
    const { pool, runtime } = this.#backend;
    const { activity } = context;
    if (activity.action !== 'add' || !(await isNew(pool, activity, runtime.now()))) return;
    const { name } = activity.from;
    await sendCard(this.#backend, context, welcomeCard(name ? { installedBy: name } : {}));
  }

  protected override async handleTeamsTaskModuleFetch(
    context: TurnContext,
    request: TaskModuleRequest,
  ): Promise<TaskModuleResponse> {
    return inTeams(await this.#answerDialog(context, request, 'open'));
  }

  protected override async handleTeamsTaskModuleSubmit(
    context: TurnContext,
    request: TaskModuleRequest,
  ): Promise<TaskModuleResponse> {
    return inTeams(await this.#answerDialog(context, request, request.data?.open ? 'open' : 'submit'));
  }

  /** A command of the message extension, from a composer or the command box: the dialog of that name, with no message behind it. */
  protected override async handleTeamsMessagingExtensionFetchTask(
    context: TurnContext,
    { commandId }: MessagingExtensionAction,
  ): Promise<MessagingExtensionActionResponse> {
    return inTeams(await this.#answerDialog(context, { data: { dialog: commandId } }, 'open'));
  }

  protected override handleTeamsMessagingExtensionSubmitAction(
    context: TurnContext,
    { data }: MessagingExtensionAction,
  ): Promise<MessagingExtensionActionResponse> {
    return this.handleTeamsTaskModuleSubmit(context, { data });
  }

  /** A dialog always gets an answer: a turn that throws would show "Unable to reach app" and be sent again. */
  async #answerDialog(
    context: TurnContext,
    request: TaskModuleRequest,
    step: 'open' | 'submit',
  ): Promise<DialogAnswer> {
    try {
      const data = (request.data ?? {}) as Record<string, unknown>;
      const dialog = dialogs.get(String(data.dialog));
      if (!dialog) return said(sentences.expired);
      const refusal = await this.#refusal(context, { called: String(data.dialog), id: data.connector });
      if (!refusal && isExtension(context.activity)) await rememberPlace(this.#backend, context);
      return refusal ? said(refusal) : await dialog[step](this.#backend, { ...askerOf(context), data });
    } catch (error) {
      return said(this.#logFailure(error));
    }
  }

  protected override async onAdaptiveCardInvoke(
    context: TurnContext,
    { action }: AdaptiveCardInvokeValue,
  ): Promise<AdaptiveCardInvokeResponse> {
    try {
      const data = (action?.data ?? {}) as Record<string, unknown>;
      if (action?.verb === 'refresh') return pressAnswer(await refreshed(this.#backend, context, data));
      if (data.card) await findPressed(this.#backend, context, data);
      const button = buttons.get(action?.verb ?? '');
      if (!button) return pressAnswer(sentences.oldButton);
      const refusal = await this.#refusal(context, { called: button.verb, id: data.connector });
      return pressAnswer(refusal ?? (await button.press(this.#backend, { ...askerOf(context), data, context })));
    } catch (error) {
      return pressAnswer(this.#logFailure(error));
    }
  }

  /** Dialogs and buttons are for members only. */
  async #refusal(context: TurnContext, asked: { called: string; id: unknown }): Promise<string | null> {
    const membership = await this.#roster.membership(context);
    if (membership !== 'member') await auditShutOut(this.#backend, askerOf(context), asked);
    if (membership === 'unknown') return isExtension(context.activity) ? sentences.notHere : sentences.unknownMember;
    return membership === 'guest' ? sentences.guest : null;
  }

  #failureCard(error: unknown): Card {
    return noticeCard({ title: 'Something went wrong', text: this.#logFailure(error), tone: 'attention' });
  }

  /** What a person is told of a bug, or of a store that is away: an id by which engineers find it in the log. */
  #logFailure(error: unknown): string {
    const id = randomUUID().slice(0, 8);
    const away = isStoreAway(error);
    this.#backend.log[away ? 'warn' : 'error']({ err: error, id }, 'a turn failed');
    return away ? sentences.storeAway(id) : sentences.broken(id);
  }
}
