// `npm run sbom [-- --out FILE]`: the CycloneDX bill of materials of what ships, validated against the official schema. The same commit
// gives the same bytes.

import { writeFileSync } from 'node:fs';
import { readArguments } from './source/arguments.ts';
import { REPOSITORY_ROOT } from './source/tree.ts';
import { commitTime, sbomOf } from './supply/sbom.ts';

const { values } = readArguments(import.meta.filename, { options: { out: { type: 'string' } } });
const { bom, text } = await sbomOf(REPOSITORY_ROOT, await commitTime(REPOSITORY_ROOT));
if (values.out === undefined) process.stdout.write(text);
else {
  writeFileSync(values.out, text);
  console.log(`${values.out}: CycloneDX ${bom.specVersion}, valid, ${bom.components.length} packages`);
}
