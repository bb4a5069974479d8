import { type Proxies, readProxies } from '../../ingestion/runtime/proxy.ts';
import { type Environment, readVariables, type Values } from './read.ts';

/** As what the bot is registered. */
export type BotIdentity =
  | { appId: string; tenantId: string; type: 'SingleTenant'; password: string }
  | { appId: string; tenantId: string; type: 'UserAssignedMSI' };

type OfTheBot = 'appId' | 'tenantId' | 'appType' | 'password';

/** All that an operator sets, read from the environment once; `variables.ts` says what each field is. */
export type Config = Omit<Values<'app'>, OfTheBot> & {
  bot: BotIdentity;
  /** By which proxies outbound calls go. */
  proxies: Proxies;
};

/** Reads the environment; throws one error that names everything missing or wrong. */
export function readConfig(env: Environment): Config {
  const { values, faults } = readVariables('app', env);
  const { proxies, faults: ofProxies } = readProxies(env);
  const all = [...faults.map(({ name, says }) => `${name}${says}`), ...ofProxies];
  if (all.length > 0) throw new Error(`Patchbay can't start:\n${all.map((fault) => `  - ${fault}`).join('\n')}`);
  const { appId, tenantId, appType: type, password, ...rest } = values;
  const bot = type === 'SingleTenant' ? { appId, tenantId, type, password: password ?? '' } : { appId, tenantId, type };
  return { ...rest, bot, proxies };
}
