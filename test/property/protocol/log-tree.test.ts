// Trees and proofs over random sizes: what holds for every size, and what no change survives.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { contentIdOf } from '../../../protocol/envelope/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import {
  CompactTree,
  consistencyProof,
  decodeLogEntry,
  decodeProof,
  encodeLogEntry,
  encodeProof,
  InclusionChecker,
  inclusionProof,
  parseTilePath,
  tilePath,
  verifyConsistency,
  verifyInclusion,
} from '../../../protocol/log/index.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import { MemoryTree, sampleLeaves } from '../../support/merkle.ts';

const SIZE_MAX = 600;
const leaves = sampleLeaves(SIZE_MAX);
const log = new MemoryTree(leaves);
const size = fc.integer({ min: 1, max: SIZE_MAX });
const place = size.chain((n) => fc.tuple(fc.constant(n), fc.nat(n - 1)));
const pair = fc
  .tuple(fc.nat(SIZE_MAX), fc.nat(SIZE_MAX))
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));

/** The verdict of a check, so that two checks can be compared. */
function accepts(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (isZeroError(error)) return false;
    throw error;
  }
}

/** One change to a list of hashes: a flipped bit, an element removed, repeated or swapped. */
function change(proof: readonly Uint8Array[], kind: number, at: number, bit: number): Uint8Array[] {
  const out = proof.map((hash) => hash.slice());
  if (out.length === 0) return [leaves[at % SIZE_MAX]!];
  const i = at % out.length;
  if (kind === 0) out[i]![bit >> 3]! ^= 1 << (bit & 7);
  else if (kind === 1) out.splice(i, 1);
  else if (kind === 2) out.splice(i, 0, out[i]!);
  else out.reverse();
  return out;
}

const anyChange = fc.tuple(fc.nat(3), fc.nat(1000), fc.nat(255));
const same = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length && a.every((hash, i) => hash.toHex() === b[i]!.toHex());

describe('trees', () => {
  it('have inclusion proofs for every leaf at every size', () => {
    fc.assert(
      fc.property(place, ([n, index]) => {
        verifyInclusion({
          leafHash: leaves[index]!,
          index,
          size: n,
          proof: inclusionProof(n, index, log),
          root: log.roots[n]!,
        });
      }),
    );
  });

  it('have consistency proofs between any two sizes', () => {
    fc.assert(
      fc.property(pair, ({ from, to }) => {
        verifyConsistency({
          from,
          to,
          proof: consistencyProof(from, to, log),
          fromRoot: log.roots[from]!,
          toRoot: log.roots[to]!,
        });
      }),
    );
  });

  it('accept no changed inclusion proof', () => {
    fc.assert(
      fc.property(place, anyChange, ([n, index], [kind, at, bit]) => {
        const proof = inclusionProof(n, index, log);
        const changed = change(proof, kind, at, bit);
        fc.pre(!same(proof, changed));
        assert.ok(
          !accepts(() =>
            verifyInclusion({
              leafHash: leaves[index]!,
              index,
              size: n,
              proof: changed,
              root: log.roots[n]!,
            }),
          ),
        );
      }),
    );
  });

  it('accept no changed consistency proof', () => {
    fc.assert(
      fc.property(pair, anyChange, ({ from, to }, [kind, at, bit]) => {
        const proof = consistencyProof(from, to, log);
        const changed = change(proof, kind, at, bit);
        fc.pre(!same(proof, changed));
        assert.ok(
          !accepts(() =>
            verifyConsistency({
              from,
              to,
              proof: changed,
              fromRoot: log.roots[from]!,
              toRoot: log.roots[to]!,
            }),
          ),
        );
      }),
    );
  });

  it('grow alike however often they are stored and restored', () => {
    fc.assert(
      fc.property(size, fc.array(fc.nat(SIZE_MAX), { maxLength: 5 }), (n, stops) => {
        let tree = new CompactTree();
        for (let i = 0; i < n; i++) {
          if (stops.includes(i)) tree = CompactTree.restore(tree.serialise());
          tree.append(leaves[i]!);
        }
        assert.deepEqual(tree.root(), log.roots[n]);
      }),
    );
  });
});

describe('the checker of many proofs', () => {
  it('agrees with the single check on every proof, good or changed, in any order', () => {
    const claims = fc.array(fc.tuple(fc.nat(10_000), fc.boolean(), anyChange, fc.boolean()), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(size, claims, (n, list) => {
        const root = log.roots[n]!;
        const checker = new InclusionChecker({ size: n, root });
        for (const [seed, good, [kind, at, bit], wrongLeaf] of list) {
          const index = seed % n;
          const proof = good
            ? inclusionProof(n, index, log)
            : change(inclusionProof(n, index, log), kind, at, bit);
          const claim = {
            leafHash: leaves[wrongLeaf && !good ? (index + 1) % SIZE_MAX : index]!,
            index,
            proof,
          };
          assert.equal(
            accepts(() => checker.verify(claim)),
            accepts(() => verifyInclusion({ ...claim, size: n, root })),
          );
        }
      }),
    );
  });

  it('takes every proof of a tree, from either end, above and below the levels that it keeps', () => {
    for (const n of [1, 2, 3, 7, 64, 65, 599]) {
      for (const order of [1, -1]) {
        const checker = new InclusionChecker({ size: n, root: log.roots[n]! });
        for (let i = 0; i < n; i++) {
          const index = order === 1 ? i : n - 1 - i;
          checker.verify({ leafHash: leaves[index]!, index, proof: inclusionProof(n, index, log) });
        }
      }
    }
    const many = Array.from({ length: 20_001 }, (_, i) => leaves[i % SIZE_MAX]!);
    const large = new MemoryTree(many, { roots: false });
    const checker = new InclusionChecker({ size: many.length, root: large.tree.root() });
    for (const index of [0, 20_000, 19_999, 16_384, 5, 0, 12_345, 20_000]) {
      const claim = { leafHash: many[index]!, index, proof: inclusionProof(many.length, index, large) };
      checker.verify(claim);
      const last = claim.proof.length - 1;
      const changed = claim.proof.map((hash, i) => (i === last ? leaves[0]! : hash));
      assert.ok(!accepts(() => checker.verify({ ...claim, proof: changed })));
    }
  });
});

describe('codecs of the log', () => {
  const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

  it('round-trip records', () => {
    fc.assert(
      fc.property(bytes32, fc.uint8Array({ minLength: 16, maxLength: 16 }), (digest, salt) => {
        const entry = { statementId: contentIdOf(digest), salt };
        assert.deepEqual(decodeLogEntry(encodeLogEntry(entry)), entry);
      }),
    );
  });

  it('round-trip proof files', () => {
    const { checkpoint } = new MemoryLog(1);
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.array(bytes32, { maxLength: 53 }),
        fc.option(fc.uint8Array({ maxLength: 100 })),
        (index, proof, extra) => {
          const parsed = decodeProof(encodeProof({ index, proof, checkpoint, extra }));
          assert.deepEqual(
            [parsed.index, parsed.proof, parsed.extra, parsed.checkpoint.text],
            [index, proof, extra, checkpoint],
          );
        },
      ),
    );
  });

  it('round-trip tile paths', () => {
    const ref = fc.record({
      level: fc.oneof(fc.nat(63), fc.constant('entries' as const)),
      index: fc.maxSafeNat(),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(ref, (each) => assert.deepEqual(parseTilePath(tilePath(each)), structuredClone(each))),
    );
  });
});
