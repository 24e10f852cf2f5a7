// Reading a whole log by its tiles: an honest log passes, and whatever is changed is named.

import assert from 'node:assert/strict';
import {
  auditLog,
  CompactTree,
  encodeEntryBundle,
  leafHash,
  parseTilePath,
  signCheckpoint,
  TILE_WIDTH,
  verifyNodeCheckpoint,
} from '../../../protocol/log/index.ts';
import { refused } from '../../support/agents.ts';
import { MemoryLog, sampleRecord } from '../../support/memory-log.ts';

const SIZE = 600;
const RECORDS = Array.from({ length: SIZE }, (_, n) => sampleRecord(n));

/** Tiles of a log by path, computed from its leaves alone. */
function served(records: readonly Uint8Array[]) {
  return async (path: string): Promise<Uint8Array> => {
    const { level, index, width } = parseTilePath(path);
    const part = records.slice(index * TILE_WIDTH, index * TILE_WIDTH + width);
    if (level === 'entries') return encodeEntryBundle(part);
    if (level === 0) return new Uint8Array(Buffer.concat(part.map(leafHash)));
    const roots = Array.from({ length: width }, (_, i) => {
      const tree = new CompactTree();
      for (const record of records.slice((index + i) * TILE_WIDTH, (index + i + 1) * TILE_WIDTH))
        tree.append(leafHash(record));
      return tree.root();
    });
    return new Uint8Array(Buffer.concat(roots));
  };
}

function headOf(records: readonly Uint8Array[]) {
  const log = new MemoryLog(1);
  const tree = new CompactTree();
  for (const record of records) tree.append(leafHash(record));
  const { origin, signer } = log;
  return verifyNodeCheckpoint(signCheckpoint({ origin, size: tree.size, root: tree.root(), signer }));
}

describe('an audit of a log', () => {
  const head = headOf(RECORDS);

  it('reads every record, tile and older head of an honest log', async () => {
    const seen: number[] = [];
    const older = [1, 255, 256, 257, 600].map((size) => headOf(RECORDS.slice(0, size)));
    const report = await auditLog({
      head,
      older,
      get: served(RECORDS),
      onRecord: (_, index) => seen.push(index),
    });
    assert.deepEqual([report.size, report.tiles, report.bundles, report.heads], [600, 4, 3, 5]);
    assert.deepEqual([seen.length, seen[599]], [600, 599]);
    assert.equal((await auditLog({ head: headOf([]), get: served([]) })).size, 0);
  });

  it('names the record, the tile and the head that is not what was signed', async () => {
    const get = served(RECORDS);
    const changed = (where: string) => async (path: string) => {
      const bytes = Uint8Array.from(await get(path));
      if (path === where) bytes[bytes.length - 1]! ^= 1;
      return bytes;
    };
    for (const where of ['tile/0/001', 'tile/0/002.p/88', 'tile/1/000.p/2', 'tile/entries/000'])
      await assert.rejects(auditLog({ head, get: changed(where) }), refused('PROOF_INVALID'), where);
    // The last bundle differs, and a tile that fits it is served: only the root tells.
    const other = [...RECORDS.slice(0, 599), sampleRecord(9_999)];
    await assert.rejects(auditLog({ head, get: served(other) }), refused('PROOF_INVALID'));
    const cut = async (path: string) => {
      const bytes = await get(path);
      return path === 'tile/entries/001' ? bytes.slice(0, -51) : bytes;
    };
    await assert.rejects(auditLog({ head, get: cut }), refused('PROOF_INVALID'));
  });

  it('finds the older head that is no beginning of the log, and the log that shrank', async () => {
    const get = served(RECORDS);
    const fork = headOf([...RECORDS.slice(0, 299), sampleRecord(7_777)]);
    await assert.rejects(auditLog({ head, older: [fork], get }), refused('LOG_FORKED'));
    const shorter = headOf(RECORDS.slice(0, 500));
    await assert.rejects(auditLog({ head: shorter, older: [head], get }), refused('PROOF_INVALID'));
  });
});
