// Makes a home folder from a backup: everything is read, checked and written beside the place first, and takes its name only when all of it
// holds. What stands there already is never touched.

import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, normalize, resolve, sep } from 'node:path';
import { publicKeyOfSeed } from '../../protocol/crypto/index.ts';
import { type ErrorCode, errorCodes, isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { originOf, peerIdOfKey } from '../../protocol/log/index.ts';
import { systemClock } from '../clock/index.ts';
import { syncFolder, writeSecretFile } from '../keys/key-file.ts';
import { loadOrCreateNodeKey } from '../keys/node-key.ts';
import { writeRestoredMark } from '../log/index.ts';
import { openStores } from '../log/open-stores.ts';
import type { Logger } from '../logger/index.ts';
import { type Database, DURABLE, openDatabase } from '../storage/index.ts';
import { writeForm } from '../upgrade/form.ts';
import { formOfDatabase } from '../upgrade/form-record.ts';
import { type BackupContents, type BackupSink, readBackup } from './read-backup.ts';
import { isCarried } from './what-is-carried.ts';

/** Codes that say that a backup is not as a node wrote it. */
const BAD_BACKUP: ReadonlySet<ErrorCode> = new Set(['DATA_CORRUPT', 'LIMIT_EXCEEDED', 'SIGNATURE_INVALID']);
/** Bytes of one part of a path, as file systems have them. */
const NAME_BYTES_MAX = 255;

export interface RestoreOptions {
  readonly backup: string;
  readonly home: string;
  readonly log: Logger;
  /** Peers that have to be compared with before the node signs again; 0: it goes on at once. */
  readonly confirm: number;
  /** Check everything and leave nothing. */
  readonly dryRun?: boolean;
  /** Ends it, and nothing is left of it. */
  readonly signal?: AbortSignal;
}

/** What was restored. */
export interface Restored {
  readonly peerId: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly records: number;
  readonly files: number;
  /** Logs whose every record was compared with the signed root. */
  readonly logs: number;
  readonly entries: number;
  /** Entries of the own log. */
  readonly logSize: number;
}

/** Restores. Throws ALREADY_EXISTS, NOT_FOUND, DATA_NEWER, DATA_CORRUPT, SIGNATURE_INVALID, STORAGE_FAILED or the reason of the signal; then nothing is left behind. */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const home = resolve(options.home);
  if (options.dryRun !== true) await checkEmpty(home);
  await mkdir(dirname(home), { recursive: true });
  const beside = await mkdtemp(join(dirname(home), `.${basename(home)}.restoring-`));
  try {
    const contents = await unpack(options.backup, beside, options.signal);
    const checked = await check(beside, contents, options.log);
    options.signal?.throwIfAborted();
    if (options.dryRun === true) await rm(beside, { recursive: true });
    else {
      const { createdAt, logSize } = contents.header;
      if (options.confirm > 0)
        await writeRestoredMark(beside, { backupOf: createdAt, logSize, confirm: options.confirm });
      // An empty folder of that name may be there; one that was filled meanwhile stops the rename.
      await rmdir(home).catch(() => undefined);
      await rename(beside, home);
      await syncFolder(dirname(home));
    }
    return checked;
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    options.signal?.throwIfAborted();
    throw withRemedy(error);
  }
}

/** What is wrong with a backup is mended by another one; the remedies of these codes are for the folder of a node and for objects of others. */
function withRemedy(error: unknown): unknown {
  if (!isZeroError(error) || !BAD_BACKUP.has(error.code)) return error;
  const { code, details, hint, message } = error;
  if (hint !== errorCodes[code].remedy) return error;
  return new ZeroError(code, message, {
    cause: error,
    details,
    hint: 'Take another copy of this backup, or an earlier one; nothing was changed.',
  });
}

async function checkEmpty(home: string): Promise<void> {
  const there = await readdir(home).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new ZeroError('ALREADY_EXISTS', `${home} is there and is no folder`, { cause: error });
  });
  if (there.length > 0)
    throw new ZeroError('ALREADY_EXISTS', `${home} is not empty`, {
      hint: 'Restore into a new folder, or move the old one away.',
    });
}

/** The path of a file of a backup below `home`. Throws DATA_CORRUPT for one that leads out of it or to where the node keeps other things. */
function pathOf(home: string, name: string): string {
  const clean = normalize(name);
  const isKey = clean.startsWith(`keys${sep}`);
  const isName = name.split(sep).every((part) => part !== '' && Buffer.byteLength(part) <= NAME_BYTES_MAX);
  if (clean !== name || !isName || name.includes('\0') || !(isKey || name === 'config.yaml'))
    throw new ZeroError('DATA_CORRUPT', 'the backup has a file that belongs to no home folder');
  return join(home, clean);
}

async function unpack(
  backup: string,
  home: string,
  signal: AbortSignal | undefined,
): Promise<BackupContents> {
  const db = await openDatabase(join(home, 'db'));
  try {
    const sink: BackupSink = {
      file: async (name, bytes) => {
        await writeSecretFile(pathOf(home, name), Buffer.from(bytes).toString('utf8'));
      },
      records: (records) => put(db, records),
    };
    return await readBackup(backup, sink, signal);
  } finally {
    await db.end();
  }
}

async function put(db: Database, records: readonly (readonly [Uint8Array, Uint8Array])[]): Promise<void> {
  const carried = records.filter(([key]) => isCarried(key));
  if (carried.length !== records.length)
    throw new ZeroError('DATA_CORRUPT', 'the backup has records that no backup carries');
  const operations = carried.map(([key, value]) => ({ type: 'put' as const, key, value }));
  try {
    await db.batch(operations as never, { keyEncoding: 'view', valueEncoding: 'view', ...DURABLE } as never);
  } catch (cause) {
    throw new ZeroError('STORAGE_FAILED', 'the backup could not be written', { cause });
  }
}

/** Opens what was written as a node does at start: every record of every log is compared with the root that was signed. */
async function check(
  home: string,
  { files, header, records }: BackupContents,
  log: Logger,
): Promise<Restored> {
  if (files > 0) {
    const { seed } = await loadOrCreateNodeKey(home);
    if (peerIdOfKey(publicKeyOfSeed(seed)) !== header.peerId)
      throw new ZeroError('DATA_CORRUPT', 'the key in the backup is not that of the node that made it');
  }
  const { damages, db, store } = await openStores({ dir: join(home, 'db'), clock: systemClock, log });
  try {
    const form = await formOfDatabase('the backup', db);
    if (form !== undefined) await writeForm(home, form);
    if (damages > 0) throw new ZeroError('DATA_CORRUPT', `${damages} log(s) in the backup are damaged`);
    const states = store.states();
    const own = store.state(originOf(header.peerId)).size;
    if (own < header.logSize)
      throw new ZeroError(
        'DATA_CORRUPT',
        `the backup has ${own} of ${header.logSize} entries of the own log`,
      );
    return {
      peerId: header.peerId,
      createdAt: header.createdAt,
      records,
      files,
      logs: states.length,
      entries: states.reduce((sum, { size }) => sum + size, 0),
      logSize: own,
    };
  } finally {
    await db.end();
  }
}
