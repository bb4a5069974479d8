/** The Okta org of a run. */
export const domain = 'acme.okta.com';

/** Where an app in another process finds the simulators. */
export type Places = {
  azure: { url: string; environment: Record<string, string> };
  okta: { url: string };
  teams: { openIdMetadataUrl: string };
  appId: string;
  /** The time of all of them, and of each app that is started among them; without it, real time. */
  time?: { start: number; speed: number };
};
