// `npm run conformance -- FOLDER`: checks the protocol against vectors that others published, kept in a folder outside the
// repository (its shape: wycheproof/, cctv/, merkle/, jcs/, tessera/, mls/). Exits 1 when a case differs, 2 without a folder.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { cctv, wycheproof } from './conformance/ed25519.ts';
import { jcs } from './conformance/jcs.ts';
import { consistency, inclusion } from './conformance/merkle.ts';
import { mls } from './conformance/mls.ts';
import type { RunSuite } from './conformance/suite.ts';
import { tessera } from './conformance/tessera.ts';
import { readArguments } from './source/arguments.ts';

const SUITES: readonly RunSuite[] = [wycheproof, cctv, inclusion, consistency, jcs, tessera, mls];

async function run(folder: string): Promise<void> {
  let passed = 0;
  let failed = 0;
  for (const runSuite of SUITES) {
    const suite = await runSuite(folder);
    passed += suite.passed;
    failed += suite.failures.length;
    console.log(`${suite.failures.length === 0 ? 'ok    ' : 'FAILED'} ${suite.name}: ${suite.passed} checks`);
    for (const note of suite.notes) console.log(`         ${note}`);
    for (const failure of suite.failures) console.log(`         ${failure}`);
  }
  console.log(`conformance: ${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

const [folder] = readArguments(import.meta.filename, { allowPositionals: true }).positionals;
if (folder !== undefined && existsSync(folder)) {
  await run(resolve(folder));
} else {
  console.error(
    'usage: npm run conformance -- FOLDER   (published vectors: wycheproof, cctv, merkle, jcs, tessera, mls)',
  );
  process.exitCode = 2;
}
