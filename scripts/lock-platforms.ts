// Completes package-lock.json with the platform packages that a registry did not show at install time: `npm ci` refuses a
// lock file that does not name every optional dependency, even those of other platforms. Run after `npm install`.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY_ROOT } from './source/tree.ts';
import { type Lock, missingFromLock, platformEntry } from './tidy/lock.ts';

const path = join(process.argv[2] ?? REPOSITORY_ROOT, 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8')) as Lock;
const missing = missingFromLock(lock);
for (const { name, by, version } of missing) {
  lock.packages[`node_modules/${name}`] = platformEntry(name, version, lock.packages[by]!);
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries(sorted);
if (missing.length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${missing.length} platform package(s) added`);
