// Equivocation evidence: two signed heads that exclude each other, for every kind of pair, and nothing else.

import assert from 'node:assert/strict';
import {
  decodeEquivocation,
  encodeEquivocation,
  explicitConsistency,
  findEquivocation,
  implicitConsistency,
  planExplicitConsistency,
  verifyConsistency,
  verifyEquivocation,
  verifyNodeCheckpoint,
} from '../../../protocol/log/index.ts';
import { refuses } from '../../support/codes.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';

const entries = Array.from({ length: 34 }, (_, n) => sampleEntry(n));

/** Two logs under one key that part after `shared` entries. */
function forkAt(shared: number, sizes: [number, number]): [MemoryLog, MemoryLog] {
  const one = new MemoryLog(1).append(...entries.slice(0, sizes[0]));
  const other = new MemoryLog(1).append(
    ...entries.slice(0, shared),
    ...entries.slice(shared + 1, sizes[1] + 1),
  );
  return [one, other];
}

describe('equivocation evidence', () => {
  it('is found between any two sizes, and verifies by itself', async () => {
    for (const shared of [0, 1, 3, 7]) {
      for (let from = shared + 1; from <= 16; from++) {
        for (const to of [from, from + 1, 16, 17, 33].filter((size) => size >= from)) {
          const [one, other] = forkAt(shared, [from, to]);
          const found = await findEquivocation(
            verifyNodeCheckpoint(one.checkpoint),
            verifyNodeCheckpoint(other.checkpoint),
            other.nodes,
          );
          assert.ok(found !== null, `${shared} shared, sizes ${from} and ${to}`);
          assert.equal(found.origin, one.origin);
          const bytes = encodeEquivocation(found);
          assert.ok(bytes.length < 2048, `${bytes.length} bytes`);
          verifyEquivocation(decodeEquivocation(bytes));
        }
      }
    }
  });

  it('is not found where one head continues the other', async () => {
    const log = new MemoryLog(1).append(...entries);
    const own = verifyNodeCheckpoint(log.checkpoint);
    for (let size = 0; size <= 34; size++) {
      assert.equal(
        await findEquivocation(verifyNodeCheckpoint(log.checkpointAt(size)), own, log.nodes),
        null,
      );
    }
  });

  it('is refused when the heads agree, are of two logs, or are not signed', () => {
    const log = new MemoryLog(1).append(...entries);
    const agree = {
      first: log.checkpointAt(8),
      second: log.checkpoint,
      proof: explicitConsistency(8, 34, log.nodes),
    };
    refuses(() => verifyEquivocation(agree), 'PROOF_INVALID');
    refuses(() => verifyEquivocation({ ...agree, second: agree.first, proof: [] }), 'PROOF_INVALID');
    refuses(() => verifyEquivocation({ ...agree, first: log.checkpointAt(0) }), 'PROOF_INVALID');
    refuses(() => verifyEquivocation({ ...agree, proof: agree.proof.slice(1) }), 'PROOF_INVALID');
    refuses(
      () =>
        verifyEquivocation({
          ...agree,
          proof: [entries[0]!.record.subarray(0, 32), ...agree.proof.slice(1)],
        }),
      'PROOF_INVALID',
    );
    const stranger = new MemoryLog(2).append(...entries.slice(3, 11));
    refuses(() => verifyEquivocation({ ...agree, first: stranger.checkpoint }), 'PROOF_INVALID');
    const [one, other] = forkAt(2, [8, 8]);
    verifyEquivocation({ first: one.checkpoint, second: other.checkpoint, proof: [] });
    const forged = other.checkpoint.replace(/\n[^\n]{44}\n/, `\n${'A'.repeat(43)}=\n`);
    refuses(
      () => verifyEquivocation({ first: one.checkpoint, second: forged, proof: [] }),
      'SIGNATURE_INVALID',
    );
    refuses(
      () => verifyEquivocation({ first: log.checkpoint, second: one.checkpoint, proof: [] }),
      'PROOF_INVALID',
    );
  });

  it('stays below 2 KiB in a log of a million entries', () => {
    const checkpoint = new MemoryLog(1).append(entries[0]!).checkpoint.replace('\n1\n', '\n1000000\n');
    for (const from of [1, 2, 524_287, 524_289, 699_050, 999_999]) {
      const proof = planExplicitConsistency(from, 1_000_000).map(() => new Uint8Array(32).fill(0xff));
      const { length } = encodeEquivocation({ first: checkpoint, second: checkpoint, proof });
      assert.ok(length < 2048, `${length} bytes from ${from}`);
    }
  });

  it('is refused out of form', () => {
    for (const bad of [
      '',
      '{}',
      '[]',
      '{"kind":"zerostate-equivocation/v1","first":"a","second":"b","proof":["AA=="]}',
    ]) {
      refuses(() => decodeEquivocation(bad), 'DECODE_FAILED');
    }
    refuses(() => decodeEquivocation(' '.repeat(70_000)), 'LIMIT_EXCEEDED');
  });

  it('has an explicit proof that becomes the usual one', () => {
    const { nodes } = new MemoryLog(1).append(...entries);
    for (let from = 1; from < 34; from++) {
      const proof = implicitConsistency(from, 34, explicitConsistency(from, 34, nodes));
      verifyConsistency({ from, to: 34, proof, fromRoot: nodes.roots[from]!, toRoot: nodes.roots[34]! });
    }
  });
});
