// Completes package-lock.json with the platform packages that a registry did not show at install time: `npm ci` refuses a
// lock file that does not name every optional dependency, even those of other platforms. Run after `npm install`. Each gets the
// hash that the registry knows; one that the registry does not show stays without, and is named.

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readArguments } from './source/arguments.ts';
import { REPOSITORY_ROOT } from './source/tree.ts';
import { isIntegrity, type Lock, missingFromLock, platformEntry, withoutIntegrity } from './tidy/lock.ts';

/** The hash of a published version; undefined where the registry does not show it. */
async function integrityOf(name: string, version: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['view', `${name}@${version}`, 'dist.integrity']);
    return isIntegrity(stdout.trim()) ? stdout.trim() : undefined;
  } catch {
    return undefined;
  }
}

const { positionals } = readArguments(import.meta.filename, { allowPositionals: true });
const path = join(positionals[0] ?? REPOSITORY_ROOT, 'package-lock.json');
const before = readFileSync(path, 'utf8');
const lock = JSON.parse(before) as Lock;
const missing = missingFromLock(lock);
for (const { name, by, version } of missing) {
  lock.packages[`node_modules/${name}`] = platformEntry(name, version, lock.packages[by]!);
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries(sorted);
for (const { key, name, version } of withoutIntegrity(lock)) {
  const integrity = await integrityOf(name, version);
  if (integrity !== undefined) lock.packages[key] = { version, integrity, ...lock.packages[key] };
}
const after = `${JSON.stringify(lock, null, 2)}\n`;
if (after !== before) writeFileSync(path, after);
const unknown = withoutIntegrity(lock).map(({ name, version }) => `${name}@${version}`);
console.log(`package-lock.json: ${missing.length} platform package(s) added`);
if (unknown.length > 0)
  console.log(`no hash, for the registry does not show them: ${unknown.join(', ')}. Run this where it does.`);
