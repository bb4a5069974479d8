/** Where one of Microsoft's clouds has its services, and for whom their tokens are asked. Addresses end without a slash. */
export type Cloud = {
  /** Where identities get their tokens. */
  authority: string;
  /** Where people open Azure in a browser. */
  portal: string;
  /** Azure Resource Manager, which is also the audience of its tokens. */
  manager: string;
  /** The audience of Logs Ingestion. */
  monitor: string;
  /** Log Analytics queries, and their audience. */
  logs: string;
  /** The domain of its key vaults. */
  vaults: string;
  /** The audience of its databases for PostgreSQL. */
  databases: string;
};

/**
 * The clouds by the value of AZURE_CLOUD. Everything of Azure that the app talks to lies in one of them. Audience and addresses
 * of Logs Ingestion and Log Analytics: MicrosoftDocs/azure-monitor-docs, articles/azure-monitor/logs/
 * logs-ingestion-api-overview.md and logs/api/.
 */
export const clouds = {
  public: {
    authority: 'https://login.microsoftonline.com',
    portal: 'https://portal.azure.com',
    manager: 'https://management.azure.com',
    monitor: 'https://monitor.azure.com',
    logs: 'https://api.loganalytics.io',
    vaults: 'vault.azure.net',
    databases: 'https://ossrdbms-aad.database.windows.net',
  },
  usgovernment: {
    authority: 'https://login.microsoftonline.us',
    portal: 'https://portal.azure.us',
    manager: 'https://management.usgovcloudapi.net',
    monitor: 'https://monitor.azure.us',
    logs: 'https://api.loganalytics.us',
    vaults: 'vault.usgovcloudapi.net',
    databases: 'https://ossrdbms-aad.database.usgovcloudapi.net',
  },
  china: {
    authority: 'https://login.chinacloudapi.cn',
    portal: 'https://portal.azure.cn',
    manager: 'https://management.chinacloudapi.cn',
    monitor: 'https://monitor.azure.cn',
    logs: 'https://api.loganalytics.azure.cn',
    vaults: 'vault.azure.cn',
    databases: 'https://ossrdbms-aad.database.chinacloudapi.cn',
  },
} satisfies Record<string, Cloud>;

/** The values of AZURE_CLOUD. */
export type CloudName = keyof typeof clouds;
