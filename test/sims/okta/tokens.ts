import { createHash, randomBytes } from 'node:crypto';
import { type Answer, refusal } from './answer.ts';

const IDLE_LIFE_MS = 30 * 86_400_000;

type Token = { permission: 'ok' | 'none'; revoked: boolean; ownerActive: boolean; usedAt: number };

/** A short fingerprint by which records tell tokens apart without holding them. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 12);
}

/** The API tokens of one org. They die when revoked, with their owner, and after 30 days without a call. */
export class Tokens {
  #tokens = new Map<string, Token>();

  /** Makes a token like a real one: `00` and 40 more characters. */
  add(permission: 'ok' | 'none', now: number): string {
    const text = `00${randomBytes(30).toString('base64url')}`;
    this.#tokens.set(text, { permission, revoked: false, ownerActive: true, usedAt: now });
    return text;
  }

  /** Changes what a token is or may do. */
  change(text: string, change: Partial<Token>): void {
    const token = this.#tokens.get(text);
    if (!token) throw new Error('No such token in this org');
    Object.assign(token, change);
  }

  /** The token behind an Authorization header, or Okta's answer to a caller without a good one. */
  check(authorization: string | undefined, now: number): { token: string } | { answer: Answer } {
    const text = authorization?.startsWith('SSWS ') ? authorization.slice(5) : undefined;
    if (text === undefined) return { answer: refusal(403, 'E0000005', 'Invalid session') };
    const token = this.#tokens.get(text);
    const alive = token && !token.revoked && token.ownerActive && now - token.usedAt <= IDLE_LIFE_MS;
    if (!alive) return { answer: refusal(401, 'E0000011', 'Invalid token provided') };
    token.usedAt = now;
    if (token.permission === 'ok') return { token: text };
    return {
      answer: refusal(403, 'E0000006', 'You do not have permission to perform the requested action'),
    };
  }
}
