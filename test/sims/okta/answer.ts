import { randomBytes } from 'node:crypto';

/** What goes back to a client; a header with several values is sent as several lines. */
export type Answer = { status: number; headers: Record<string, string | string[]>; body: Buffer };

/** An error in Okta's form. */
export function refusal(status: number, code: string, summary: string, causes: string[] = []): Answer {
  const body = {
    errorCode: code,
    errorSummary: summary,
    errorLink: code,
    errorId: `oae${randomBytes(16).toString('base64url')}`,
    errorCauses: causes.map((errorSummary) => ({ errorSummary })),
  };
  return { status, headers: { 'Content-Type': 'application/json' }, body: Buffer.from(JSON.stringify(body)) };
}

/** An error in OAuth's form, as the token endpoint writes it. */
export function oauthError(status: number, error: string, description: string): Answer {
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, no-store', Pragma: 'no-cache' };
  return { status, headers, body: Buffer.from(JSON.stringify({ error, error_description: description })) };
}

/** An error as a proxy in front of Okta, or a host that is none of Okta's, writes it. */
export function htmlPage(status: number, title: string): Answer {
  const body = `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;
  return { status, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body: Buffer.from(body) };
}
