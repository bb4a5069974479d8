import { Random } from '../sims/okta/random.ts';
import { type Misbehaviour, refusals } from '../sims/teams/faults.ts';
import type { Teams } from '../sims/teams.ts';

const answer = (status: number, code: string) => ({ status, body: { error: { code, message: code } } });

/** What Teams does in the storm, with how many of a thousand calls; doubtful, where the sender can't know whether it stands there. */
const gusts: [perMille: number, does: Misbehaviour, doubtful: boolean][] = [
  [15, 'reset', true],
  [20, 'lost-answer', true],
  [10, { done: answer(504, 'GatewayTimeout') }, true],
  [10, answer(502, 'BadGateway'), true],
  [2, 'hang', true],
  [10, { done: { status: 201, body: {} } }, false],
  [15, answer(404, 'ConversationNotFound'), false],
  [15, answer(403, 'ServiceError'), false],
  [10, answer(503, 'ServiceUnavailable'), false],
  [10, refusals.preconditionFailed, false],
  [10, refusals.throttled(3), false],
];

/** A storm over all that is written to Teams; it counts the posts of cards that are left in doubt. */
export class AlertStorm {
  #unknown = 0;
  readonly #ends: (() => void)[] = [];

  /** Begins it; the same seed brings the same gusts, in the order of the calls. */
  static over({ faults }: Teams, seed: number): AlertStorm {
    const storm = new AlertStorm();
    for (const [index, [perMille, does, doubtful]] of gusts.entries()) {
      const random = new Random(seed, index + 1);
      const { remove } = faults.add({
        when: ({ method, path, body }) => {
          const hit = method !== 'GET' && path.includes('/activities') && random.chance(perMille / 1000);
          if (hit && doubtful && method === 'POST' && JSON.stringify(body).includes('"refresh"')) storm.#unknown += 1;
          return hit;
        },
        do: does,
      });
      storm.#ends.push(remove);
    }
    return storm;
  }

  /** Posts of cards that have met no answer that says what came of them. */
  get unknown(): number {
    return this.#unknown;
  }

  end(): void {
    for (const end of this.#ends) end();
  }
}
