// The folder that holds the databases of one run. A run that is killed cannot remove its own, so the next one does: the name says which
// process it belonged to.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAME = /^zerostate-sim-(\d+)-/;
/** Folders that are looked at: a machine that lost more runs than that is cleaned by several. */
const LOOKED_AT_MAX = 1_000;

/** Makes an empty folder of this process, and removes those whose processes are gone. */
export function makeRunFolder(parent: string = tmpdir()): string {
  for (const name of readdirSync(parent)
    .filter((each) => NAME.test(each))
    .slice(0, LOOKED_AT_MAX))
    if (!isRunning(Number(NAME.exec(name)![1]))) removeQuietly(join(parent, name));
  return mkdtempSync(join(parent, `zerostate-sim-${process.pid}-`));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

function removeQuietly(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // Somebody else's, or being removed by another run at this moment.
  }
}
