import type { Connector } from '../../ingestion/connector/connector.ts';
import { pauseAction, statusAction } from '../kit/actions.ts';
import type { Card } from '../kit/template.ts';
import { noticeCard } from './notice.ts';

/** What pausing or resuming has come to, with the button that takes it back. */
export function pauseCard({ connector, text }: { connector: Connector; text: string }): Card {
  const title = connector.desired === 'pause' ? `‖ ${connector.name} is paused` : `${connector.name} is running`;
  const actions = [pauseAction(connector), statusAction(connector, 'Status')];
  return { ...noticeCard({ title, text, tone: 'default' }), actions };
}
