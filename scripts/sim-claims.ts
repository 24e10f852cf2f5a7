// `npm run sim:claims [-- NAME… --seeds N]`: runs every scenario that claims something, and fails when a claim or property does not hold.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseScenario } from '../sim/scenario/index.ts';
import { readArguments } from './source/arguments.ts';
import { REPOSITORY_ROOT } from './source/tree.ts';

const FOLDER = join(REPOSITORY_ROOT, 'sim/scenarios');
const PROGRAM = join(REPOSITORY_ROOT, 'bin/zerostate.ts');

const { positionals, values } = readArguments(import.meta.filename, {
  allowPositionals: true,
  options: { seeds: { type: 'string' } },
});
const names = readdirSync(FOLDER)
  .map((file) => parseScenario(readFileSync(join(FOLDER, file), 'utf8'), file))
  .filter(({ claims, name }) => claims.length > 0 && (positionals.length === 0 || positionals.includes(name)))
  .map(({ name }) => name);

const out = mkdtempSync(join(tmpdir(), 'zerostate-claims-'));
const broken: string[] = [];
for (const name of names) {
  const seeds = values.seeds === undefined ? [] : ['--seeds', values.seeds];
  const args = [PROGRAM, 'sim', 'run', name, '--no-plots', '--no-shrink', '--out', out, ...seeds];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) broken.push(name);
}
rmSync(out, { recursive: true });
console.log(
  broken.length === 0 ? `all ${names.length} scenarios keep their claims` : `BROKEN: ${broken.join(', ')}`,
);
process.exitCode = broken.length === 0 ? 0 : 1;
