import { textOf } from './cards.ts';
import { nameOf, type Tenant } from './tenant.ts';

/** What a predicate gave when it gave something. */
export type Found<T> = Exclude<T, undefined | null | false | 0 | ''>;

/** Waits until the predicate gives something, asking again after each change; rejects with the last state. */
export function until<T>(tenant: Tenant, predicate: () => T, timeoutMs: number): Promise<Found<T>> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      tenant.events.off('change', look);
      finish();
    };
    const look = () => {
      try {
        const found = predicate();
        if (found) settle(() => resolve(found as Found<T>));
      } catch (error) {
        settle(() => reject(error));
      }
    };
    const late = () => reject(new Error(`not within ${timeoutMs} ms: ${predicate}\n${describe(tenant)}`));
    const timer = setTimeout(() => settle(late), timeoutMs);
    tenant.events.on('change', look);
    look();
  });
}

/** The last messages of each conversation as text, for people who read a failed test. */
export function describe(tenant: Tenant): string {
  const lines = tenant.conversations.flatMap((conversation) => {
    const messages = tenant.messages.filter((one) => one.conversation === conversation && !one.deleted);
    const last = messages.slice(-4).map(({ from, text, cards }) => {
      const content = [text, ...cards.map((card) => `[${textOf(card)}]`)].filter(Boolean).join(' ');
      return `  ${from === 'bot' ? tenant.bot.name : from.name}: ${content.replaceAll('\n', ' | ')}`;
    });
    return last.length > 0 ? [`${nameOf(conversation)}:`, ...last] : [];
  });
  return lines.join('\n');
}
