// A small home folder and backups of it, for tests: as it writes them, and sealed anew over frames of a test's own.

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  BACKUP_TYPE,
  BACKUP_VERSION,
  type BackupFrame,
  type BackupHeader,
  type BackupSummary,
  encodeFrame,
} from '../../node/backup/format.ts';
import { filesOf } from '../../node/backup/index.ts';
import { writeBackup } from '../../node/backup/write-backup.ts';
import { systemClock } from '../../node/clock/index.ts';
import { writeSecretFile } from '../../node/keys/key-file.ts';
import { LogStore } from '../../node/log/index.ts';
import { bytesLevel, type Database, jsonLevel, openDatabase } from '../../node/storage/index.ts';
import { DATA_FORM } from '../../node/upgrade/index.ts';
import { utf8 } from '../../protocol/bytes/index.ts';
import { publicKeyOfSeed } from '../../protocol/crypto/index.ts';
import { seedSigner, signEnvelope } from '../../protocol/envelope/index.ts';
import { originOf, peerIdOfKey } from '../../protocol/log/index.ts';
import { seed } from './agents.ts';
import { note, ownLogOver } from './log-stores.ts';

/** The node that the folder is of. */
export const NODE_SEED = seed(7);
export const PEER = peerIdOfKey(publicKeyOfSeed(NODE_SEED));
/** Entries of its log. */
export const ENTRIES = 3;

/** Makes the folder: keys, a configuration, a log, and all that no backup carries. */
export async function makeSmallHome(home: string, more: (db: Database) => Promise<void> = async () => {}) {
  await writeSecretFile(join(home, 'keys/node.key'), `${Buffer.from(NODE_SEED).toString('base64')}\n`);
  await writeSecretFile(join(home, 'keys/agents/a.seed'), 'of an agent\n');
  mkdirSync(join(home, 'keys/half'), { recursive: true });
  writeFileSync(join(home, 'keys/half/written.tmp'), 'half');
  writeFileSync(join(home, 'config.yaml'), 'name: small\n');
  await onDatabase(home, async (db) => {
    const store = new LogStore(db);
    await store.load();
    const log = ownLogOver(store);
    for (let n = 0; n < ENTRIES; n++) await log.append(note(`entry ${n}`));
    await jsonLevel<number>(db, 'home').put('form', DATA_FORM);
    for (const name of ['guilds', 'quarantine', 'penalties', 'kept'])
      await bytesLevel(db, name).put('some', utf8(name));
    for (const side of ['payer', 'payee']) await bytesLevel(db, 'channel-sides').put(`c/${side}`, utf8(side));
    await more(db);
  });
}

async function onDatabase<T>(home: string, work: (db: Database) => Promise<T>): Promise<T> {
  const db = await openDatabase(join(home, 'db'));
  try {
    return await work(db);
  } finally {
    await db.end();
  }
}

/** The frames that the folder's node writes. */
export async function framesOf(home: string): Promise<Uint8Array[]> {
  return await onDatabase(home, async (db) => {
    const store = new LogStore(db);
    await store.load();
    const frames: Uint8Array[] = [];
    for await (const frame of filesOf(home, true)) frames.push(frame);
    const deps = { clock: systemClock, db, store, seed: NODE_SEED, peerId: PEER, origin: originOf(PEER) };
    for await (const frame of writeBackup(deps)) frames.push(frame);
    return frames;
  });
}

/** A header of the node. */
export const headerOf = (changes: Partial<BackupHeader> = {}): BackupFrame => ({
  kind: 'header',
  header: {
    version: BACKUP_VERSION,
    software: 'test',
    peerId: PEER,
    createdAt: '2026-03-01T00:00:00Z',
    logSize: 0,
    ...changes,
  },
});

/** Frames with a sound end behind them: signed over all that are no files, whatever they are. */
export function sealed(
  parts: readonly BackupFrame[],
  changes: Partial<BackupSummary> = {},
  { by = NODE_SEED, type = BACKUP_TYPE }: { readonly by?: Uint8Array; readonly type?: string } = {},
): Uint8Array[] {
  const digest = createHash('sha256');
  const frames = parts.map(encodeFrame);
  for (const [at, { kind }] of parts.entries()) if (kind !== 'file') digest.update(frames[at] as Uint8Array);
  const records = parts.reduce((sum, part) => sum + (part.kind === 'records' ? part.records.length : 0), 0);
  const header = parts.find((part) => part.kind === 'header')?.header;
  const summary = { peerId: PEER, records, sha256: digest.digest('hex'), ...header, ...changes };
  const payload = utf8(JSON.stringify(summary));
  const envelope = signEnvelope({ payloadType: type, payload, signers: [seedSigner(by)] });
  return [...frames, encodeFrame({ kind: 'end', envelope })];
}

/** The bytes of a backup file. */
export const packed = (frames: readonly Uint8Array[]): Buffer => gzipSync(Buffer.concat(frames));
