// A throw-away folder of files for tests that examine source trees. Removed when disposed.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TempTree extends Disposable {
  readonly root: string;
  write(path: string, text: string): void;
}

/** Writes the files (path to text) under a new temporary folder. */
export function tempTree(files: Readonly<Record<string, string>>): TempTree {
  const root = mkdtempSync(join(tmpdir(), 'zerostate-tree-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  return { root, write, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}
