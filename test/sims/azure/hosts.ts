/** The hosts and token audiences of one of Microsoft's clouds, as documented. */
export type Hosts = {
  manager: string;
  managerAudiences: string[];
  ingestion: string;
  ingestionAudience: string;
  query: string[];
  /** Microsoft Entra ID. */
  login: string[];
  /** What the host of a vault ends with, and where its challenge sends for tokens. */
  vaults: string;
  authority: string;
};

export const hosts = {
  public: {
    manager: 'management.azure.com',
    managerAudiences: ['https://management.azure.com', 'https://management.core.windows.net'],
    ingestion: '.ingest.monitor.azure.com',
    ingestionAudience: 'https://monitor.azure.com',
    query: ['api.loganalytics.io', 'api.loganalytics.azure.com'],
    login: ['login.microsoftonline.com', 'login.windows.net'],
    vaults: '.vault.azure.net',
    authority: 'https://login.microsoftonline.com',
  },
  usgovernment: {
    manager: 'management.usgovcloudapi.net',
    managerAudiences: ['https://management.usgovcloudapi.net', 'https://management.core.usgovcloudapi.net'],
    ingestion: '.ingest.monitor.azure.us',
    ingestionAudience: 'https://monitor.azure.us',
    query: ['api.loganalytics.us'],
    login: ['login.microsoftonline.us'],
    vaults: '.vault.usgovcloudapi.net',
    authority: 'https://login.microsoftonline.us',
  },
  china: {
    manager: 'management.chinacloudapi.cn',
    managerAudiences: ['https://management.chinacloudapi.cn', 'https://management.core.chinacloudapi.cn'],
    ingestion: '.ingest.monitor.azure.cn',
    ingestionAudience: 'https://monitor.azure.cn',
    query: ['api.loganalytics.azure.cn'],
    login: ['login.chinacloudapi.cn', 'login.partner.microsoftonline.cn'],
    vaults: '.vault.azure.cn',
    authority: 'https://login.chinacloudapi.cn',
  },
} satisfies Record<string, Hosts>;

/** Whether the Azure simulator plays this host, of whatever cloud. */
export function isAzure(host: string): boolean {
  return Object.values(hosts).some(
    ({ manager, ingestion, query, login, vaults }) =>
      host === manager ||
      host.endsWith(ingestion) ||
      query.includes(host) ||
      login.includes(host) ||
      host.endsWith(vaults),
  );
}
