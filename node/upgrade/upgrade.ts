// Brings the data of a home folder into today's form, after a backup that an older version can restore. All changes and the new number are one
// write: a start that is killed finds the old form whole or the new one, and nothing between.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { publicKeyOfSeed } from '../../protocol/crypto/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { originOf, peerIdOfKey } from '../../protocol/log/index.ts';
import { filesOf, writeChecked } from '../backup/backup-file.ts';
import { writeBackup } from '../backup/write-backup.ts';
import type { Clock } from '../clock/index.ts';
import { LogStore } from '../log/log-store.ts';
import type { Logger } from '../logger/index.ts';
import { type Database, DURABLE } from '../storage/index.ts';
import { DATA_FORM, writeForm } from './form.ts';
import { formChange, formOfDatabase } from './form-record.ts';

/** Where the backups before upgrades are, below the home folder. */
export const UPGRADES_FOLDER = 'upgrades';

/** One change of the database. */
export interface Change {
  readonly type: 'put' | 'del';
  readonly sublevel?: never;
  readonly key: unknown;
  readonly value?: unknown;
}

/** What leads from the form before to `to`. */
export interface Step {
  readonly to: number;
  /** What changes, for people who read the log. */
  readonly what: string;
  /** The changes, from what the database holds; they must fit into memory. */
  changes(db: Database): Promise<readonly Change[]>;
}

/** Every step there is, in order. */
export const STEPS: readonly Step[] = [
  { to: 2, what: 'the home folder says which form its data has', changes: async () => [] },
  // What is there stays as it is and is read so; what is written from here on, an older version would misread.
  {
    to: 3,
    what: 'receipt files name what many of them have in common, and tasks lie apart from their members',
    changes: async () => [],
  },
];

export interface UpgradeOptions {
  readonly home: string;
  /** What the files said before the database was opened. */
  readonly found: number;
  readonly db: Database;
  /** Seed of the node's key, which signs the backup. */
  readonly seed: Uint8Array;
  readonly clock: Clock;
  readonly log: Logger;
  readonly steps?: readonly Step[];
  readonly form?: number;
}

/** What was done; undefined when the data had today's form. */
export interface Upgraded {
  readonly from: number;
  readonly to: number;
  readonly backup: string;
}

/** The backup before the step to a form. */
export function backupBefore(home: string, form: number): string {
  return join(home, UPGRADES_FOLDER, `before-form-${form}.zsbackup`);
}

/** Upgrades where it is needed. Throws DATA_NEWER, or STORAGE_FAILED when the backup cannot be written; then nothing was changed. */
export async function upgradeHome(options: UpgradeOptions): Promise<Upgraded | undefined> {
  const { db, found, home, log, form = DATA_FORM, steps = STEPS } = options;
  const said = await formOfDatabase(home, db);
  const from = said ?? found;
  if (from === form) {
    if (said === undefined) await db.batch([formChange(db, form)] as never, DURABLE as never);
    await writeForm(home, form);
    return undefined;
  }
  const backup = backupBefore(home, form);
  try {
    await writeBackupOf(options, backup);
  } catch (cause) {
    throw new ZeroError('STORAGE_FAILED', `${backup} could not be written, so nothing was upgraded`, {
      cause,
    });
  }
  const changes: Change[] = [];
  for (const step of steps.filter(({ to }) => to > from && to <= form)) {
    log.info({ to: step.to }, `upgrade: ${step.what}`);
    changes.push(...(await step.changes(db)));
  }
  await db.batch([...changes, formChange(db, form)] as never, DURABLE as never);
  await writeForm(home, form);
  log.warn({ from, to: form, backup }, 'the data was upgraded; the backup goes back to how it was');
  return { from, to: form, backup };
}

async function writeBackupOf({ clock, db, home, seed }: UpgradeOptions, file: string): Promise<void> {
  await mkdir(join(home, UPGRADES_FOLDER), { recursive: true, mode: 0o700 });
  const store = new LogStore(db);
  await store.load();
  const peerId = peerIdOfKey(publicKeyOfSeed(seed));
  async function* parts() {
    yield* filesOf(home, true);
    yield* writeBackup({ clock, db, store, seed, peerId, origin: originOf(peerId) });
  }
  await writeChecked(file, parts());
}
