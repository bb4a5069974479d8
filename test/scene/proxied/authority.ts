import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { generate } from 'selfsigned';

type Pair = { private: string; cert: string };

const day = 86_400_000;

/** A certificate authority as a company's proxy has one; nobody knows it who was not given its certificate. */
export class Authority {
  readonly certificate: string;
  readonly #pair: Pair;
  readonly #known = new Map<string, Promise<SecureContext>>();

  private constructor(pair: Pair) {
    this.certificate = pair.cert;
    this.#pair = pair;
  }

  static async open(): Promise<Authority> {
    const made = await generate([{ name: 'commonName', value: 'Interception for Tests' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      notAfterDate: new Date(Date.now() + day),
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      ],
    });
    return new Authority(made);
  }

  /** The same authority in another process. */
  static async read(directory: string): Promise<Authority> {
    return new Authority(JSON.parse(await readFile(join(directory, 'pair.json'), 'utf8')) as Pair);
  }

  /** Writes what `read` and NODE_EXTRA_CA_CERTS need into a directory of its own, until `remove`. */
  async write(): Promise<{ directory: string; file: string; remove(): Promise<void> }> {
    const directory = await mkdtemp(join(tmpdir(), 'patchbay-ca-'));
    const file = join(directory, 'ca.pem');
    await writeFile(file, this.certificate);
    await writeFile(join(directory, 'pair.json'), JSON.stringify(this.#pair), { mode: 0o600 });
    return { directory, file, remove: () => rm(directory, { recursive: true, force: true }) };
  }

  /** A certificate for the host, made when it is first asked for. */
  certify(host: string): Promise<SecureContext> {
    const known = this.#known.get(host) ?? this.issue(host).then((pair) => createSecureContext(pair));
    this.#known.set(host, known);
    return known;
  }

  /** A new key for the host, and its certificate. */
  async issue(host: string): Promise<{ key: string; cert: string }> {
    const made = await generate([{ name: 'commonName', value: host.slice(0, 64) }], {
      keyType: 'ec',
      algorithm: 'sha256',
      notAfterDate: new Date(Date.now() + day),
      ca: { key: this.#pair.private, cert: this.#pair.cert },
      extensions: [
        { name: 'subjectAltName', altNames: [{ type: 2, value: host }] },
        { name: 'extKeyUsage', serverAuth: true },
      ],
    });
    return { key: made.private, cert: made.cert };
  }
}
