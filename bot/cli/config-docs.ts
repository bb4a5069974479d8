import { readFile, writeFile } from 'node:fs/promises';
import { exampleFile, withTable } from '../config/documents.ts';

// Writes README's table of variables and .env.example from the one declaration in bot/config/variables.ts:
//   npm run config:docs

const root = new URL('../../', import.meta.url);
const readme = new URL('README.md', root);
await writeFile(readme, withTable(await readFile(readme, 'utf8')));
await writeFile(new URL('.env.example', root), exampleFile());
