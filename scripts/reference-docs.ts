// `npm run docs:reference`: writes the generated documents of docs/reference/ (see scripts/reference/documents.ts).

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedDocuments } from './reference/documents.ts';
import { readArguments } from './source/arguments.ts';
import { REPOSITORY_ROOT, readTree } from './source/tree.ts';

readArguments(import.meta.filename, {});

const tree = readTree(REPOSITORY_ROOT);
for (const { path, render } of generatedDocuments) {
  const absolute = join(REPOSITORY_ROOT, path);
  mkdirSync(dirname(absolute), { recursive: true });
  writeFileSync(absolute, render(tree));
  console.log(`wrote ${path}`);
}
