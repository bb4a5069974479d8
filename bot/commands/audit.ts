import type { Card } from '../../cards/kit/template.ts';
import { auditCard, pageSize } from '../../cards/messages/audit.ts';
import { type AuditPart, listAudit } from '../../ingestion/connector/audit.ts';
import { connectorOf } from '../authorization.ts';
import type { Backend } from '../teams/backend.ts';
import { namesOf } from '../teams/told-places.ts';
import { type Button, pageIn } from './button.ts';
import { type Command, connectorMeant } from './command.ts';

/** Who did what: to the connector that is named, or to all there is; one that is gone is found by the name that it had. */
export const audit: Command = {
  word: 'audit',
  usage: 'audit [name]',
  what: 'Who did what, when, from where, and what came of it',
  async run(backend, { tenantId, argument: text }) {
    if (!text) return draw(backend, { about: null, data: {}, part: { tenantId, all: true } }, 1);
    const meant = await connectorMeant(backend, tenantId, { word: 'audit', text });
    if ('connector' in meant) return draw(backend, ofConnector(tenantId, meant.connector), 1);
    const part = { tenantId, target: text };
    const gone = await listAudit(backend.pool, part, { offset: 0, most: 1 });
    return gone.length > 0 ? draw(backend, { about: text, data: { target: text }, part }, 1) : meant.question;
  },
  about: (backend, connector, { tenantId }) => draw(backend, ofConnector(tenantId, connector), 1),
};

/** Older and Newer. */
export const turnAudit: Button = {
  verb: 'audit',
  async press(backend, { tenantId, data }) {
    const page = pageIn(data);
    const connector = await connectorOf(backend.pool, tenantId, data.connector);
    if (connector) return draw(backend, ofConnector(tenantId, connector), page);
    if (typeof data.target !== 'string')
      return draw(backend, { about: null, data: {}, part: { tenantId, all: true } }, page);
    const { target } = data;
    return draw(backend, { about: target, data: { target }, part: { tenantId, target } }, page);
  },
};

type Wanted = { about: string | null; data: Parameters<typeof auditCard>[0]['data']; part: AuditPart };

function ofConnector(tenantId: string, { id, name }: { id: string; name: string }): Wanted {
  return { about: name, data: { connector: id }, part: { tenantId, connectorId: id } };
}

async function draw({ pool, runtime }: Backend, { about, data, part }: Wanted, wanted: number): Promise<Card> {
  const page = Math.max(1, wanted);
  const read = await listAudit(pool, part, { offset: (page - 1) * pageSize, most: pageSize + 1 });
  const entries = read.slice(0, pageSize);
  const places = await namesOf(
    pool,
    entries.flatMap(({ conversationId }) => conversationId ?? []),
  );
  return auditCard({ about, data, entries, places, page, more: read.length > pageSize, now: runtime.now() });
}
