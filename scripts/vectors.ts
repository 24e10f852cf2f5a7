// `npm run vectors`: writes protocol/vectors/*.json from fixed seeds. A version stands for one digest in versions.json; when a vector
// would change, this refuses until VECTORS_VERSION (test/vectors/suite.ts) is raised, because others implement against them.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VECTORS_FOLDER, vectorFiles, vectorsDigest } from '../test/vectors/files.ts';
import { VECTORS_VERSION } from '../test/vectors/suite.ts';
import { readArguments } from './source/arguments.ts';

readArguments(import.meta.filename, {});

const VERSIONS = join(VECTORS_FOLDER, 'versions.json');

const files = await vectorFiles();
const digest = vectorsDigest(files);
const versions = JSON.parse(readFileSync(VERSIONS, 'utf8')) as Record<string, string>;
const known = versions[VECTORS_VERSION];
if (known !== undefined && known !== digest) {
  console.error(
    `vectors: version ${VECTORS_VERSION} would change. Raise VECTORS_VERSION in test/vectors/suite.ts and run this again.`,
  );
  process.exitCode = 1;
} else {
  for (const name of readdirSync(VECTORS_FOLDER)) {
    if (name.endsWith('.json') && name !== 'versions.json' && !files.has(name))
      rmSync(join(VECTORS_FOLDER, name));
  }
  for (const [name, text] of files) writeFileSync(join(VECTORS_FOLDER, name), text);
  versions[VECTORS_VERSION] = digest;
  writeFileSync(VERSIONS, `${JSON.stringify(versions, null, 2)}\n`);
  console.log(`vectors: ${files.size} files of version ${VECTORS_VERSION}, digest ${digest}`);
}
