import { eventUuid } from '../events.ts';

let written = 0;

/** The event by which an org tells its admins that `/api/v1/logs` is used too much. */
export function rateLimitEvent(kind: 'warning' | 'violation', limit: number, now: number): Record<string, unknown> {
  return {
    actor: {
      id: '00o0000000000000000a',
      type: 'SystemPrincipal',
      alternateId: 'system@okta.com',
      displayName: 'Okta System',
    },
    displayMessage: kind === 'warning' ? 'Rate limit warning' : 'Rate limit violation',
    eventType: `system.org.rate_limit.${kind}`,
    outcome: { result: 'SUCCESS', reason: null },
    published: new Date(now).toISOString(),
    severity: 'WARN',
    debugContext: {
      debugData: { requestUri: '/api/v1/logs', threshold: kind === 'warning' ? '60' : '100', limit: String(limit) },
    },
    uuid: eventUuid(77, written++),
    version: '0',
    target: [
      { id: 'logs', type: 'URL Pattern', alternateId: 'unknown', displayName: '/api/v1/logs', detailEntry: null },
    ],
  };
}
