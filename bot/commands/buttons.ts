import { acknowledge } from './acknowledge.ts';
import { turnAudit } from './audit.ts';
import type { Button } from './button.ts';
import { choose } from './choose.ts';
import { turnConnectors } from './connectors.ts';
import { turnContent } from './content.ts';
import { changeContent, showContentChanges } from './content-change.ts';
import { turnGallery } from './gallery.ts';
import { muteFromCard } from './mute.ts';
import { pauseButtons } from './pause.ts';
import { retryButton } from './retry.ts';
import { say } from './say.ts';
import { endSnooze } from './snooze.ts';
import { refreshStatus } from './status.ts';
import { verifyAgain } from './verify.ts';

const all: readonly Button[] = [
  choose,
  turnAudit,
  turnGallery,
  turnConnectors,
  refreshStatus,
  turnContent,
  showContentChanges,
  changeContent,
  verifyAgain,
  retryButton,
  say,
  acknowledge,
  endSnooze,
  muteFromCard,
  ...pauseButtons,
];

/** The buttons of cards by the verbs that they send. */
export const buttons = new Map(all.map((button) => [button.verb, button]));
