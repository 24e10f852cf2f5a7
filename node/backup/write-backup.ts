// Streams the database of a running node, as it stood at one moment, with the signature of the node at the end.

import { createHash } from 'node:crypto';
import { utf8 } from '../../protocol/bytes/index.ts';
import { seedSigner, signEnvelope } from '../../protocol/envelope/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { LogStore } from '../log/index.ts';
import type { Database } from '../storage/index.ts';
import { VERSION } from '../version.ts';
import { BACKUP_TYPE, BACKUP_VERSION, type BackupRecord, type BackupSummary, encodeFrame } from './format.ts';
import { BATCH_BYTES, BATCH_RECORDS_MAX } from './limits.ts';
import { isCarried } from './what-is-carried.ts';

export interface BackupDeps {
  readonly db: Database;
  readonly store: Pick<LogStore, 'state'>;
  readonly origin: string;
  readonly peerId: string;
  readonly clock: Clock;
  /** Seed of the node's key, which signs the log as well. */
  readonly seed: Uint8Array;
}

/** The frames of a backup, in order. Writers go on meanwhile: what they write after the start is not in it. Throws what the database throws. */
export async function* writeBackup(deps: BackupDeps): AsyncGenerator<Uint8Array> {
  const { clock, db, origin, peerId, seed, store } = deps;
  // The iterator sees the database as it is now; the size is read before any write can come between.
  const iterator = db.iterator<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' });
  try {
    const createdAt = rfc3339(clock.now());
    const logSize = store.state(origin).size;
    const digest = createHash('sha256');
    const header = { version: BACKUP_VERSION, software: VERSION, peerId, createdAt, logSize };
    const first = encodeFrame({ kind: 'header', header });
    digest.update(first);
    yield first;
    let records = 0;
    for await (const batch of batches(iterator)) {
      const framed = encodeFrame({ kind: 'records', records: batch });
      digest.update(framed);
      records += batch.length;
      yield framed;
    }
    const summary: BackupSummary = { peerId, createdAt, logSize, records, sha256: digest.digest('hex') };
    const payload = utf8(JSON.stringify(summary));
    const envelope = signEnvelope({ payloadType: BACKUP_TYPE, payload, signers: [seedSigner(seed)] });
    yield encodeFrame({ kind: 'end', envelope });
  } finally {
    await iterator.close();
  }
}

async function* batches(iterator: AsyncIterable<[Uint8Array, Uint8Array]>): AsyncGenerator<BackupRecord[]> {
  let batch: BackupRecord[] = [];
  let bytes = 0;
  for await (const record of iterator) {
    if (!isCarried(record[0])) continue;
    batch.push(record);
    bytes += record[0].length + record[1].length;
    if (bytes < BATCH_BYTES && batch.length < BATCH_RECORDS_MAX) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
