import type pg from 'pg';
import { removeDialog } from '../../cards/dialogs/delete.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { ownerNeeds } from '../../ingestion/azure/access/rights.ts';
import { audit } from '../../ingestion/connector/audit.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { getConnector } from '../../ingestion/connector/connectors.ts';
import { markForDeletion } from '../../ingestion/connector/owner-requests.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import { transaction } from '../../ingestion/store/database.ts';
import { refusalOn } from '../authorization.ts';
import type { DialogAnswer, DialogCall } from './dialog.ts';

/** The delete dialog: the name typed out, by somebody with the rights, or nothing happens. */
export class Removal {
  readonly #parts: { runtime: Runtime; pool: pg.Pool };

  constructor(parts: { runtime: Runtime; pool: pg.Pool }) {
    this.#parts = parts;
  }

  async open(call: DialogCall): Promise<DialogAnswer> {
    const found = await this.#find(call);
    return 'kind' in found ? found : pageOf(found, '');
  }

  async submit(call: DialogCall): Promise<DialogAnswer> {
    const found = await this.#find(call);
    if ('kind' in found) return found;
    const typed = typeof call.data.confirm === 'string' ? call.data.confirm.trim() : '';
    if (typed !== found.name) return pageOf(found, typed, sentences.typeName(found.name));
    const { runtime, pool } = this.#parts;
    await transaction(pool, async (tx) => {
      const first = await markForDeletion(tx, found.id, runtime.now());
      if (!first) return;
      const { tenantId, person, conversationId, activityId } = call;
      const target = `${found.name} (${found.domain})`;
      await audit(
        tx,
        { tenantId, actor: person, action: 'delete', target, result: 'asked', conversationId, activityId },
        runtime.now(),
      );
    });
    return { kind: 'message', text: sentences.deleting(found.name) };
  }

  /** The connector, if it is of this tenant and the person may change it on its workspace. */
  async #find(call: DialogCall): Promise<Connector | DialogAnswer> {
    const { runtime, pool } = this.#parts;
    const connector = await getConnector(pool, String(call.data.connector));
    if (connector?.tenantId !== call.tenantId) return { kind: 'message', text: sentences.gone };
    const refusal = await refusalOn(runtime, call.person, connector.settings.workspace, ownerNeeds);
    return refusal ? { kind: 'message', text: refusal } : connector;
  }
}

function pageOf(connector: Connector, typed: string, error?: string): DialogAnswer {
  const card = removeDialog({ connector, typed, ...(error ? { error } : {}) });
  return { kind: 'card', title: `Delete ${connector.name}`, card };
}
