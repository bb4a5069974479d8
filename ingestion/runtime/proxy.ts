import { readFileSync } from 'node:fs';
import { type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/**
 * What an operator's environment says of proxies, as Node's agents take it, and of a proxy's own authority: the path of its
 * certificate. Without addresses, everything goes straight.
 */
export type Proxies = { HTTP_PROXY?: string; HTTPS_PROXY?: string; NO_PROXY?: string; NODE_EXTRA_CA_CERTS?: string };

/** Endpoints of identities are of this machine: whoever else is asked for its tokens could have them. */
const neverProxied = [
  'localhost',
  '127.0.0.1',
  '127.0.0.0-127.255.255.255',
  '::1',
  '[::1]',
  '169.254.0.0-169.254.255.255',
];
const identityEndpoints = ['IDENTITY_ENDPOINT', 'MSI_ENDPOINT', 'IMDS_ENDPOINT', 'AZURE_POD_IDENTITY_AUTHORITY_HOST'];

/**
 * Reads HTTPS_PROXY, HTTP_PROXY (each ALL_PROXY where it is missing) and NO_PROXY, in small letters first, as other programs
 * do, and NODE_EXTRA_CA_CERTS. A name in NO_PROXY means its subdomains too. Each fault is a sentence; none repeats a value,
 * which may hold a password. Never throws.
 */
export function readProxies(env: Record<string, string | undefined>): { proxies: Proxies; faults: string[] } {
  const proxies: Proxies = {};
  const faults: string[] = [];
  const named = (name: string) => [name.toLowerCase(), name].find((spelling) => env[spelling]?.trim());
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY'] as const) {
    const from = named(name) ?? named('ALL_PROXY');
    if (!from) continue;
    const value = env[from]?.trim() ?? '';
    const fault = faultOf(value);
    if (fault) faults.push(`${from} ${fault}`);
    else proxies[name] = value;
  }
  const file = env.NODE_EXTRA_CA_CERTS?.trim();
  if (file && certificatesIn(file).length === 0) {
    faults.push('NODE_EXTRA_CA_CERTS names a file that can’t be read, or that holds no certificate in PEM form');
  } else if (file) proxies.NODE_EXTRA_CA_CERTS = file;
  const direct = (env[named('NO_PROXY') ?? ''] ?? '').split(/[\s,]+/).filter(Boolean);
  const identity = identityEndpoints.map((name) => env[name] ?? '').filter((url) => URL.canParse(url));
  const hosts = [...direct.flatMap(withSubdomains), ...neverProxied, ...identity.map((url) => new URL(url).hostname)];
  return { proxies: { ...proxies, NO_PROXY: hosts.join(',') }, faults: [...new Set(faults)] };
}

function faultOf(value: string): string | null {
  const wrong = 'must be the address of a proxy, such as http://proxy.example.com:3128';
  const url = URL.canParse(value) ? new URL(value) : null;
  if (!url?.hostname || /[\r\n]/.test(value)) return wrong;
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return `${wrong}; only http:// and https:// proxies are known`;
  // What follows the port may be the rest of a password, and the host before it a part of a user.
  if (url.pathname !== '/' || url.search || url.hash) return encoded;
  try {
    decodeURIComponent(url.username + url.password);
    return null;
  } catch {
    return encoded;
  }
}

const encoded =
  'has a user or password that is not percent-encoded, or a path: write % as %25, @ as %40, : as %3A, / as %2F, # as %23 and ? as %3F';

function certificatesIn(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  } catch {
    // Whether it is missing or forbidden, nothing is read from it, and the caller says so.
    return [];
  }
}

/**
 * Takes an authority into this thread's trust that stands in .env only: Node reads the variable before that file
 * (https://nodejs.org/api/cli.html#node_extra_ca_certsfile), and then nothing is left to do.
 */
export function trustExtra({ NODE_EXTRA_CA_CERTS }: Proxies): void {
  if (!NODE_EXTRA_CA_CERTS || getCACertificates('extra').length > 0) return;
  setDefaultCACertificates([...getCACertificates('default'), ...certificatesIn(NODE_EXTRA_CA_CERTS)]);
}

function withSubdomains(entry: string): string[] {
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z-]+$/i.test(entry) ? [entry, `.${entry}`] : [entry];
}

/** Whether what is asked of a host by https goes by a proxy, as far as names say; addresses in ranges are left to the agents. */
export function isProxied({ HTTPS_PROXY, NO_PROXY = '' }: Proxies, host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  const direct = (entry: string) => entry === '*' || entry === name || (entry.startsWith('.') && name.endsWith(entry));
  return HTTPS_PROXY !== undefined && !NO_PROXY.toLowerCase().split(',').some(direct);
}

/** The proxy's address without its user and password, for the log; null without a proxy. */
export function proxyShown({ HTTPS_PROXY, HTTP_PROXY }: Proxies): string | null {
  const value = HTTPS_PROXY ?? HTTP_PROXY;
  return value ? new URL(value).origin : null;
}

/** A connection stands within this time, whatever it goes by and certificates included, or is given up. */
const connectMs = 15_000;

/** The codes of errors that `openAgents`' agents make: the first one's message is the proxy's status line. */
export const proxyCodes = { refused: 'ERR_PROXY_REFUSED', unreachable: 'ERR_PROXY_UNREACHABLE' } as const;

/** Each connection by TLS that waits for its next request takes 100 KB, and each connector has two hosts of its own. */
const mostIdle = 256;

/**
 * Agents that keep connections, so many at most, straight or by a proxy, as `proxies` say for each host
 * (https://nodejs.org/api/http.html, Built-in Proxy Support). A request rejects with one of `proxyCodes` where the fault is the
 * proxy's.
 */
export function openAgents(proxies: Proxies, most = mostIdle): { http: HttpAgent; https: Agent } {
  const options = { keepAlive: true, proxyEnv: { ...proxies } };
  // With a handshake of its own, such a proxy looks like a host that answered: Node's own limit is for its silence.
  const patience = proxies.HTTPS_PROXY?.startsWith('https:') ? { timeout: connectMs } : {};
  return {
    http: keepingFew(new HttpAgent(options), most),
    https: keepingFew(new TunnelAgent({ ...options, ...patience }), most),
  };
}

/** The agent, which closes a connection after its request while so many others are kept. Node's own limit is for each host. */
function keepingFew<T extends HttpAgent>(agent: T, most: number): T {
  const idle = new Set<Duplex>();
  // It says whether the connection is kept, which its type leaves out (https://nodejs.org/api/http.html#agentkeepsocketalivesocket).
  const keep = agent.keepSocketAlive.bind(agent) as (socket: Duplex) => boolean;
  const reuse = agent.reuseSocket.bind(agent);
  const forget = function (this: Duplex) {
    idle.delete(this);
  };
  return Object.assign(agent, {
    keepSocketAlive(socket: Duplex): boolean {
      if (idle.size >= most || !keep(socket)) return false;
      if (!socket.listeners('close').includes(forget)) socket.once('close', forget);
      idle.add(socket);
      return true;
    },
    reuseSocket(socket: Duplex, request: ClientRequest): void {
      idle.delete(socket);
      reuse(socket, request);
    },
  });
}

/**
 * Node's own agent waits for a silent proxy without an end, and its errors do not say whether the proxy is meant or the host
 * behind it.
 */
class TunnelAgent extends Agent {
  override createConnection(options: RequestOptions, done: (error: Error | null, socket: Duplex) => void) {
    const socket = super.createConnection(options, (error, made) => {
      clearTimeout(timer);
      done(error && asProxyFault(error), made);
    });
    const late = () => socket?.destroy(fault('unreachable', 'No connection in time.'));
    const timer = setTimeout(late, connectMs).unref();
    // Without a proxy, the callback is not called.
    for (const event of ['secureConnect', 'close']) socket?.once(event, () => clearTimeout(timer));
    return socket;
  }
}

type Fault = Error & { code?: string; statusCode?: number };

/** Only tunnels end here. Until one stands, every fault of the network is the proxy's; then follow those of certificates. */
function asProxyFault(error: Fault): Error {
  const { code = '', statusCode, message } = error;
  if (code === 'ERR_PROXY_TUNNEL' && statusCode !== undefined) {
    const line = /HTTP\/\d\S{0,9} (\d{3}.{0,200})/.exec(message)?.[1]?.trim() ?? String(statusCode);
    // From 500 on, it would and can't.
    return statusCode < 500 ? fault('refused', line) : fault('unreachable', `The proxy answers ${line}.`);
  }
  if (code === 'ERR_PROXY_TUNNEL') return fault('unreachable', 'The proxy gave no answer.');
  const network = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/.test(code);
  return network ? fault('unreachable', `The proxy can’t be reached (${code}).`) : error;
}

function fault(kind: keyof typeof proxyCodes, message: string): Error {
  return Object.assign(new Error(message), { code: proxyCodes[kind] });
}

/** What the proxy did, where an error says that it can't be reached; null for all else. */
export function unreachableText(error: unknown): string | null {
  const { code, message } = error as Fault;
  return code === proxyCodes.unreachable ? message : null;
}
