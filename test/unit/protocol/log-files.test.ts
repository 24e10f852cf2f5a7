// Proof files, tiles and COSE receipts: forms that others read and write.

import assert from 'node:assert/strict';
import {
  decodeEntryBundle,
  decodeProof,
  encodeEntryBundle,
  encodeProof,
  exportCoseReceipt,
  inclusionProof,
  leafHash,
  parseTilePath,
  tilePath,
  tileReader,
  tilesBetween,
  tileWidth,
  verifyCoseReceipt,
  verifyInclusion,
  verifyNodeCheckpoint,
  verifyProof,
} from '../../../protocol/log/index.ts';
import { refuses } from '../../support/codes.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';
import { MemoryTree, sampleLeaves } from '../../support/merkle.ts';

const log = new MemoryLog(5).append(...Array.from({ length: 11 }, (_, n) => sampleEntry(n)));
const record = log.stored[4]!.record;
const proof = inclusionProof(11, 4, log.nodes);

describe('proof files', () => {
  const text = encodeProof({ index: 4, proof, checkpoint: log.checkpoint, extra: record });

  it('round-trip and verify', () => {
    const parsed = decodeProof(text);
    assert.deepEqual([parsed.index, parsed.proof, parsed.extra], [4, proof, record]);
    assert.equal(parsed.checkpoint.text, log.checkpoint);
    verifyProof(parsed, leafHash(record), (checkpoint) => verifyNodeCheckpoint(checkpoint.text));
    assert.equal(decodeProof(encodeProof({ index: 4, proof, checkpoint: log.checkpoint })).extra, null);
    refuses(
      () => verifyProof(parsed, leafHash(log.stored[5]!.record), (c) => verifyNodeCheckpoint(c.text)),
      'PROOF_INVALID',
    );
  });

  it('are refused out of form', () => {
    for (const bad of [
      '',
      text.replace('@v1', '@v2'),
      text.replace('index 4', 'index 04'),
      text.replace('index 4', 'index -4'),
      text.replace('index 4\n', ''),
      text.replace('index 4\n', 'index 4\nextra AAAA\n'),
      text.replace('\n\n', '\n'),
      text.replace('\nindex', '\r\nindex'),
      text.replace(/(index 4\n)(.{44})/, '$1AAAA'),
    ]) {
      refuses(() => decodeProof(bad), 'DECODE_FAILED');
    }
    refuses(() => decodeProof(text.replace('index 4', `index ${2n ** 62n}`)), 'LIMIT_EXCEEDED');
    refuses(
      () =>
        encodeProof({
          index: 4,
          proof: Array.from({ length: 54 }, () => proof[0]!),
          checkpoint: log.checkpoint,
        }),
      'LIMIT_EXCEEDED',
    );
  });
});

describe('tiles', () => {
  it('have the addresses of the specification', () => {
    assert.equal(tilePath({ level: 0, index: 1234067, width: 256 }), 'tile/0/x001/x234/067');
    assert.equal(tilePath({ level: 'entries', index: 0, width: 112 }), 'tile/entries/000.p/112');
    for (const path of ['tile/0/x001/x234/067', 'tile/entries/000.p/112', 'tile/5/999.p/1'])
      assert.equal(tilePath(parseTilePath(path)), path);
    for (const bad of [
      'tile/0/67',
      'tile/00/067',
      'tile/64/000',
      'tile/0/x000/067',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/001/067',
      '/tile/0/000',
      'tile/x/000',
    ]) {
      refuses(() => parseTilePath(bad), 'DECODE_FAILED');
    }
  });

  it('have the widths of the specification at size 70,000', () => {
    assert.deepEqual(
      [tileWidth(0, 272, 70_000), tileWidth(0, 273, 70_000), tileWidth(0, 274, 70_000)],
      [256, 112, 0],
    );
    assert.deepEqual(
      [tileWidth(1, 0, 70_000), tileWidth(1, 1, 70_000), tileWidth(2, 0, 70_000)],
      [256, 17, 1],
    );
    assert.deepEqual([tileWidth(0, 0, 256), tileWidth(1, 0, 256)], [256, 1]);
  });

  it('hold all that proofs need, from any size on', () => {
    const leaves = sampleLeaves(700);
    const memory = new MemoryTree(leaves);
    const published = new Map<string, Uint8Array>();
    let from = 0;
    for (const to of [1, 255, 256, 257, 511, 700]) {
      for (const ref of tilesBetween(from, to)) {
        if (ref.level === 'entries') continue;
        const hashes = Array.from(
          { length: ref.width },
          (_, i) => memory.node((ref.level as number) * 8, ref.index * 256 + i)!,
        );
        published.set(tilePath(ref), Buffer.concat(hashes));
      }
      const reader = tileReader(to, (ref) => published.get(tilePath(ref)));
      for (const index of [0, Math.floor(to / 2), to - 1]) {
        const path = inclusionProof(to, index, reader);
        verifyInclusion({ leafHash: leaves[index]!, index, size: to, proof: path, root: memory.roots[to]! });
      }
      from = to;
    }
    assert.equal(tileReader(700, () => undefined).node(0, 0), undefined);
  });

  it('carry entries in bundles', () => {
    const records = [new Uint8Array(0), new Uint8Array(300).fill(7), record];
    assert.deepEqual(decodeEntryBundle(encodeEntryBundle(records)), records);
    refuses(() => decodeEntryBundle(encodeEntryBundle(records).subarray(0, -1)), 'DECODE_FAILED');
    refuses(() => decodeEntryBundle(Uint8Array.of(0)), 'DECODE_FAILED');
    refuses(() => decodeEntryBundle(new Uint8Array(2 * 257)), 'LIMIT_EXCEEDED');
    refuses(() => encodeEntryBundle([new Uint8Array(65_536)]), 'LIMIT_EXCEEDED');
  });
});

describe('COSE receipts', () => {
  const { origin, signer } = log;
  const input = { origin, size: 11, index: 4, proof, root: log.nodes.roots[11]!, signer };
  const receipt = exportCoseReceipt(input);
  const expected = { leafHash: leafHash(record), publicKey: signer.publicKey };

  it("verify for their leaf under the log's key", () => {
    const { size, index, proof: path } = verifyCoseReceipt(receipt, expected);
    assert.deepEqual([size, index, path], [11, 4, proof]);
  });

  it('have the structure of RFC 9942', () => {
    // Tag 18 (COSE_Sign1) is one byte in front of what a reader without COSE tags can decode.
    assert.equal(receipt[0], 0xd2);
    assert.equal(receipt.subarray(1, 2).toHex(), '84');
    assert.ok(receipt.toHex().includes('a401270444'), 'protected header starts {1: -8, 4: ...}');
    assert.ok(receipt.toHex().includes('19018b01'), 'vds 395 is 1');
    assert.ok(receipt.toHex().includes('a119018ca12081'), 'unprotected header is {396: {-1: [...]}}');
  });

  it('are refused for another leaf, key, index, or with any byte changed', () => {
    refuses(
      () => verifyCoseReceipt(receipt, { ...expected, leafHash: leafHash(log.stored[5]!.record) }),
      'SIGNATURE_INVALID',
    );
    refuses(
      () => verifyCoseReceipt(receipt, { ...expected, publicKey: new MemoryLog(6).signer.publicKey }),
      'SIGNATURE_INVALID',
    );
    for (let at = 0; at < receipt.length; at++) {
      const changed = receipt.slice();
      changed[at]! ^= 0x01;
      refuses(
        () => verifyCoseReceipt(changed, expected),
        'SIGNATURE_INVALID',
        'DECODE_FAILED',
        'LIMIT_EXCEEDED',
        'PROOF_INVALID',
      );
    }
    refuses(() => exportCoseReceipt({ ...input, proof: [] }), 'DECODE_FAILED');
  });
});
