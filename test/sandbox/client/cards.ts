import { h } from './dom.ts';
import { hostConfig, type Place } from './hostconfig.ts';
import { markdown } from './text.ts';
import { isDark } from './theme.ts';
import type { Json } from './wire.ts';

// The open-source renderer, from the page's other script.
declare const AdaptiveCards: typeof import('adaptivecards');
export type Action = import('adaptivecards').Action;

/** Draws a card in the present theme; `pressed` gets the button and, when it sends, its data with the inputs merged in. */
export function drawCard(
  card: Json,
  pressed: (action: Action, data: Json) => void,
  place: Place = 'message',
): HTMLElement {
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = markdown(text);
    result.didProcess = true;
  };
  AdaptiveCards.GlobalSettings.setTabIndexAtCardRoot = false;
  const adaptive = new AdaptiveCards.AdaptiveCard();
  adaptive.hostConfig = new AdaptiveCards.HostConfig(hostConfig(isDark(), place));
  adaptive.onExecuteAction = (action) => {
    if (action instanceof AdaptiveCards.OpenUrlAction) window.open(action.url, '_blank', 'noopener,noreferrer');
    else if (action instanceof AdaptiveCards.SubmitAction || action instanceof AdaptiveCards.ExecuteAction) {
      pressed(action, (action.data ?? {}) as Json);
    }
  };
  adaptive.parse(card);
  const drawn = adaptive.render();
  if (!drawn) return h('p', { class: 'broken' }, 'This card could not be shown.');
  // The browser's own offers to fill in or to store have no place on a key typed into a dialog.
  for (const input of drawn.querySelectorAll('input'))
    input.autocomplete = input.type === 'password' ? 'new-password' : 'off';
  return drawn;
}
