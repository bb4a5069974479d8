import type { Card } from '../../cards/kit/template.ts';
import type { Person } from '../../ingestion/connector/connector.ts';

/** One call of a dialog: who, where, and what the card sent. The data names things and never gives a right. */
export type DialogCall = {
  tenantId: string;
  person: Person;
  conversationId: string;
  activityId: string | undefined;
  data: Record<string, unknown>;
};

/** The next page, or a last sentence. */
export type DialogAnswer = { kind: 'card'; title: string; card: Card } | { kind: 'message'; text: string };
