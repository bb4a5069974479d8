import type { CloudName } from '../../../ingestion/runtime/clouds.ts';

/**
 * How the Bot Connector of a cloud is met: where bots send to, where its keys are published, who signs its tokens and for
 * whom bots' own tokens are. Documented but for the service URL in China, where this one stands in for what nobody says.
 */
export type Home = { serviceUrl: string; keysUrl: string; issuer: string };

export const homes: Record<CloudName, Home> = {
  public: {
    serviceUrl: 'https://smba.trafficmanager.net/emea/',
    keysUrl: 'https://login.botframework.com/v1/.well-known',
    issuer: 'https://api.botframework.com',
  },
  usgovernment: {
    serviceUrl: 'https://smba.infra.gov.teams.microsoft.us/emea/',
    keysUrl: 'https://login.botframework.azure.us/v1/.well-known',
    issuer: 'https://api.botframework.us',
  },
  china: {
    serviceUrl: 'https://smba.botapi.teams.example.cn/emea/',
    keysUrl: 'https://login.botframework.azure.cn/v1/.well-known',
    issuer: 'https://api.botframework.azure.cn',
  },
};

/** Whether the Teams simulator plays this host, of whatever cloud. */
export function isTeams(host: string): boolean {
  return Object.values(homes).some(({ serviceUrl, keysUrl }) =>
    [serviceUrl, keysUrl].some((url) => new URL(url).host === host),
  );
}
