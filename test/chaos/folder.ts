// A temporary folder of a chaos row.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty folder that is removed with `using`. */
export function chaosFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'zerostate-chaos-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
