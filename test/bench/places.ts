/** The Okta org of a run. */
export const domain = 'acme.okta.com';

/** Where an app in another process finds the simulators. */
export type Places = {
  azure: { url: string; environment: Record<string, string> };
  okta: { url: string };
  teams: { openIdMetadataUrl: string };
  appId: string;
  /** The time of all of them, and of each app that is started among them: it was `start` at our `at`; without it, real time. */
  time?: { at: number; start: number; speed: number };
  /** Which process the app is, for whoever tells several apart. */
  from?: string;
};
