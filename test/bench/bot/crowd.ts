import type { Connector } from '../../../ingestion/connector/connector.ts';
import type { Channel, User } from '../../sims/teams/tenant.ts';
import type { Teams } from '../../sims/teams.ts';
import { first, type Place } from './requests.ts';

const channelsPerTeam = 20;
const peoplePerChannel = first.size;
/** So many places meet the bot at a time. */
const lanes = 4;

/** The people of a company: a few to each channel, and for each channel one who has a chat with the bot. */
export class Crowd {
  readonly channels: Channel[];
  readonly places: Place[];
  readonly #teams: Teams;

  constructor(teams: Teams, channels: number) {
    this.#teams = teams;
    this.channels = Array.from({ length: Math.ceil(channels / channelsPerTeam) }, (_, team) => {
      const { addChannel } = teams.addTeam(`Security ${team + 1}`);
      const here = Math.min(channelsPerTeam, channels - team * channelsPerTeam);
      return Array.from({ length: here }, (_, channel) => addChannel(`Alerts ${channel + 1}`));
    }).flat();
    this.places = this.channels.flatMap((conversation, index) => {
      const [one, ...others] = Array.from({ length: peoplePerChannel }, (_, person) =>
        teams.addUser({ name: `Person ${index * peoplePerChannel + person + 1}` }),
      ) as [User, ...User[]];
      const chat = teams.personalChat(one);
      return [
        { conversation, people: [one, ...others], shown: new Map() },
        { conversation: chat, people: [one], shown: new Map() },
      ];
    });
  }

  /**
   * Installs the app everywhere, and has everybody say one of the first messages: from then on the bot knows each channel and each
   * person's membership there, as it would on any other day but the first.
   */
  async meet(connectors: readonly Connector[]): Promise<void> {
    for (const team of new Set(this.channels.map((channel) => channel.team))) await this.#teams.install(team);
    const left = this.places.entries();
    const lane = async () => {
      for (const [index, place] of left) await this.#meetIn(place, connectors[index % connectors.length] as Connector);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }

  async #meetIn(place: Place, connector: Connector): Promise<void> {
    const { conversation, people } = place;
    if (conversation.kind === 'personal') await this.#teams.install(conversation);
    for (const [index, request] of [...first.values()].entries()) {
      const person = people[index % people.length] as User;
      await request.ask({ teams: this.#teams, place, person, connector });
    }
  }
}
