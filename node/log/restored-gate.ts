// The mark of a home folder that came from a backup. The node may have signed more since the backup was made: until enough peers have
// shown that they know no newer entry of its log, it signs nothing new, or it would sign two histories.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ZeroError } from '../../protocol/errors/index.ts';
import { writeSecretFile } from '../keys/key-file.ts';

const NAME = 'restored.json';
/** Peers that have to agree at most: a node keeps some dozens of connections. */
export const CONFIRM_MAX = 16;

/** What the mark says. */
export interface RestoredMark {
  /** RFC 3339: when the backup was made. */
  readonly backupOf: string;
  /** Entries of the own log that the backup has. */
  readonly logSize: number;
  /** Different peers that have to be compared with. */
  readonly confirm: number;
}

/** Writes the mark durably. Throws STORAGE_FAILED. */
export async function writeRestoredMark(home: string, mark: RestoredMark): Promise<void> {
  await writeSecretFile(join(home, NAME), `${JSON.stringify(mark)}\n`);
}

/** The mark; undefined where there is none. Throws DATA_CORRUPT when it cannot be read: without it the node might fork its log. */
async function readRestoredMark(home: string): Promise<RestoredMark | undefined> {
  let text: string;
  try {
    text = await readFile(join(home, NAME), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const mark = JSON.parse(text) as RestoredMark;
    if (Number.isSafeInteger(mark.confirm) && mark.confirm > 0 && mark.confirm <= CONFIRM_MAX) return mark;
  } catch {
    // falls through to the typed error
  }
  throw new ZeroError('DATA_CORRUPT', `${join(home, NAME)} cannot be read`, {
    hint: 'Restore the backup again; remove the file only if no newer head of the log was ever signed.',
  });
}

/** Removes the mark: the log is up to date. */
async function removeRestoredMark(home: string): Promise<void> {
  await rm(join(home, NAME), { force: true });
}

/** Counts the peers that have been compared with. */
export class RestoredGate {
  readonly #home: string;
  #mark: RestoredMark | undefined;
  readonly #heard = new Set<string>();

  constructor(home: string) {
    this.#home = home;
  }

  /** Reads the mark. Throws DATA_CORRUPT. */
  async load(): Promise<void> {
    this.#mark = await readRestoredMark(this.#home);
  }

  /** What is still waited for; undefined when the log may grow. */
  get waiting(): { readonly backupOf: string; readonly confirm: number; readonly heard: number } | undefined {
    if (this.#mark === undefined) return undefined;
    const { backupOf, confirm } = this.#mark;
    return { backupOf, confirm, heard: this.#heard.size };
  }

  /** A peer has shown all heads that it holds, and nothing newer of the own log is left with it. Answers true when it was the last one needed. */
  async confirmed(peer: string): Promise<boolean> {
    if (this.#mark === undefined) return false;
    this.#heard.add(peer);
    if (this.#heard.size < this.#mark.confirm) return false;
    await removeRestoredMark(this.#home);
    this.#mark = undefined;
    return true;
  }
}
