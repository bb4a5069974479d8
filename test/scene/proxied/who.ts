import { listWorkspaces } from '../../../ingestion/azure/access/workspaces.ts';
import { clouds } from '../../../ingestion/runtime/clouds.ts';
import { openRuntime } from '../../../ingestion/runtime/open.ts';
import { readProxies } from '../../../ingestion/runtime/proxy.ts';
import { limitMs } from '../limit.ts';

// The product's own world, as the environment says: prints who it is in Azure, and what that identity sees there.
const runtime = openRuntime(clouds.public, readProxies(process.env).proxies);
const { workspaces: seen } = await listWorkspaces(runtime, AbortSignal.timeout(limitMs));
const token = await runtime.credential.getToken('https://management.azure.com/.default');
const { oid } = JSON.parse(Buffer.from(token?.token.split('.')[1] ?? '', 'base64url').toString());
process.stdout.write(JSON.stringify({ oid, seen: seen.map(({ name }) => name) }));
