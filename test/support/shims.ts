// A folder of programs named as in the documents (npm, npx), so that what is written there can be run as it is written, on the source of
// this repository and with ports of its own.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Makes a folder that looks like a fresh clone after `npm ci`; answers the environment in which its commands run. */
export function makeClone(folder: string, basePort: number): NodeJS.ProcessEnv {
  const bin = join(folder, '.shims');
  mkdirSync(bin, { recursive: true });
  symlinkSync(join(ROOT, 'examples'), join(folder, 'examples'));
  const program = `"${process.execPath}" "${join(ROOT, 'bin/zerostate.ts')}"`;
  const shims = {
    npx: `[ "$1" = zerostate ] || exit 99\nshift\nexec ${program} "$@"`,
    npm: `case "$1" in\n  ci) exit 0 ;;\n  start) exec ${program} devnet --nodes 5 --base-port ${basePort} ;;\n  *) exit 99 ;;\nesac`,
  };
  for (const [name, text] of Object.entries(shims)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const { ZEROSTATE_HOME: _, ...env } = process.env;
  return {
    ...env,
    ZEROSTATE_HOME: join(folder, '.zerostate'),
    PATH: `${bin}:${process.env.PATH}`,
    NO_COLOR: '1',
  };
}
