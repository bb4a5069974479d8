import type { Evidence } from '../../ingestion/errors.ts';

/** What a person reads about one reason. All of it is plain text, cleaned by what draws it. */
export type Hint = {
  title: string;
  /** What broke, and the likely causes. */
  what(evidence: Evidence): string;
  /** What to do, in order. */
  todo(evidence: Evidence): string[];
  who: string;
  data: { fate: 'delayed' | 'may be lost' | 'not affected' | 'not started'; sentence: string };
};

export const azureOwner = 'An Owner or Role Based Access Control Administrator of the resource group in Azure';
export const subscriptionOwner = 'An Owner or Contributor of the Azure subscription';

export const waits: Hint['data'] = {
  fate: 'delayed',
  sentence: 'Nothing is lost: Okta keeps its log for 90 days, and Patchbay will go on exactly where it stopped.',
};

export const retry = 'Then press Retry.';

/** "the workspace soc": the name at the end of an ARM id, with what it is, a rule, workspace, resource group or subscription. */
export function scopeInWords(id: string | undefined): string {
  if (!id) return 'the resource group';
  const parts = id.split('/').filter(Boolean);
  const name = parts.at(-1) ?? '';
  if (parts.length === 2) return `the subscription ${name}`;
  if (/\/dataCollectionRules\/[^/]+$/i.test(id)) return `the data collection rule ${name}`;
  return /\/providers\//i.test(id) ? `the workspace ${name}` : `the resource group ${name}`;
}
