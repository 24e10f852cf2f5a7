// npm run api: writes the client's types and docs/reference/api.md from the routes' schemas.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeApi } from '../node/api/describe.ts';
import { referenceFile, typesFile } from './api/types.ts';
import { readArguments } from './source/arguments.ts';

readArguments(import.meta.filename, {});

const ROOT = join(import.meta.dirname, '..');
const document = await describeApi();
writeFileSync(join(ROOT, 'node/client/types.ts'), typesFile(document));
writeFileSync(join(ROOT, 'docs/reference/api.md'), referenceFile(document));
console.log('wrote node/client/types.ts and docs/reference/api.md');
