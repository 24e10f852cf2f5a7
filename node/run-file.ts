// run.json in a node's home: where its API is while it runs. Removed when the node stops; a stale one is recognised by its pid.

import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const NAME = 'run.json';

/** What a running node says of itself to commands on the same machine. */
export interface RunFile {
  readonly pid: number;
  readonly api: string;
  readonly peerId: string;
  readonly name: string;
  readonly region: string;
  /** File name of the API token, below the same home. */
  readonly tokenFile: string;
}

/** Writes it atomically. */
export async function writeRunFile(home: string, run: RunFile): Promise<void> {
  const temporary = join(home, `${NAME}.${process.pid}.tmp`);
  await writeFile(temporary, `${JSON.stringify(run)}\n`, { mode: 0o600 });
  await rename(temporary, join(home, NAME));
}

/** Reads it; undefined when no process of that pid lives. */
export async function readRunFile(home: string): Promise<RunFile | undefined> {
  try {
    const run = JSON.parse(await readFile(join(home, NAME), 'utf8')) as RunFile;
    process.kill(run.pid, 0);
    return run;
  } catch {
    return undefined;
  }
}

export async function removeRunFile(home: string): Promise<void> {
  await rm(join(home, NAME), { force: true });
}
