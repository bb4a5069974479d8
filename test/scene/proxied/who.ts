import { listWorkspaces } from '../../../ingestion/azure/access/workspaces.ts';
import { clouds } from '../../../ingestion/runtime/clouds.ts';
import { realDeadline } from '../../../ingestion/runtime/deadline.ts';
import { openTimeAndNetwork } from '../../../ingestion/runtime/network.ts';
import { openRuntime } from '../../../ingestion/runtime/open.ts';
import { readProxies } from '../../../ingestion/runtime/proxy.ts';
import { limitMs } from '../limit.ts';

// The product's own runtime, as the environment says: prints who it is in Azure, and what that identity sees there. How long a
// busy machine takes for that is not what is asked.
const { proxies } = readProxies(process.env);
const patient = { ...openTimeAndNetwork(proxies), deadline: () => realDeadline(limitMs) };
const runtime = openRuntime(clouds.public, proxies, patient);
const { workspaces: seen } = await listWorkspaces(runtime, AbortSignal.timeout(limitMs));
const token = await runtime.credential.getToken('https://management.azure.com/.default');
const { oid } = JSON.parse(Buffer.from(token?.token.split('.')[1] ?? '', 'base64url').toString());
process.stdout.write(JSON.stringify({ oid, seen: seen.map(({ name }) => name) }));
