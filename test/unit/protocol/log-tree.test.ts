// Compact tree and proofs against the recursive definitions of RFC 6962, exhaustively over small trees.

import assert from 'node:assert/strict';
import {
  CompactTree,
  consistencyProof,
  consistencyProofAsync,
  EMPTY_ROOT,
  inclusionProof,
  inclusionProofAsync,
  leafHash,
  planConsistency,
  planInclusion,
  TreeProver,
  verifyConsistency,
  verifyInclusion,
} from '../../../protocol/log/index.ts';
import { refuses } from '../../support/codes.ts';
import { MemoryTree, sampleLeaves, slowConsistency, slowInclusion, slowRoot } from '../../support/merkle.ts';

const LEAVES = sampleLeaves(40);
const log = new MemoryTree(LEAVES);

describe('RFC 6962 tree', () => {
  it('has the published roots of the eight records of certificate-transparency-go', () => {
    const records = [
      '',
      '00',
      '10',
      '2021',
      '3031',
      '40414243',
      '5051525354555657',
      '606162636465666768696a6b6c6d6e6f',
    ];
    const tree = new CompactTree();
    for (const record of records) tree.append(leafHash(Uint8Array.fromHex(record)));
    assert.equal(EMPTY_ROOT.toHex(), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    assert.equal(tree.root().toHex(), '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
  });

  it('agrees with the recursive definition at every size, and after a restore', () => {
    const tree = new CompactTree();
    for (let size = 0; size <= LEAVES.length; size++) {
      assert.deepEqual(tree.root(), slowRoot(LEAVES.slice(0, size)));
      const restored = CompactTree.restore(tree.serialise());
      assert.equal(restored.size, size);
      if (size < LEAVES.length) {
        assert.deepEqual(restored.append(LEAVES[size]!), tree.append(LEAVES[size]!));
        assert.deepEqual(restored.root(), tree.root());
      }
    }
  });

  it('keeps a clone apart from its original', () => {
    const tree = new CompactTree();
    tree.append(LEAVES[0]!);
    const clone = tree.clone();
    clone.append(LEAVES[1]!);
    assert.equal(tree.size, 1);
    assert.deepEqual(tree.root(), LEAVES[0]);
  });

  it('refuses a state that does not fit its size', () => {
    const tree = new CompactTree();
    for (const leaf of LEAVES.slice(0, 3)) tree.append(leaf);
    const state = tree.serialise();
    refuses(() => CompactTree.restore(state.subarray(0, state.length - 1)), 'DECODE_FAILED');
    refuses(() => CompactTree.restore(state.subarray(0, state.length - 32)), 'DECODE_FAILED');
    refuses(() => CompactTree.restore(new Uint8Array(0)), 'DECODE_FAILED');
    const huge = state.slice();
    huge.fill(0xff, 1, 9);
    refuses(() => CompactTree.restore(huge), 'LIMIT_EXCEEDED');
    refuses(() => tree.append(new Uint8Array(31)), 'DECODE_FAILED');
  });
});

describe('inclusion proofs', () => {
  it('are those of the recursive definition, and verify, for every leaf of every size', async () => {
    for (let size = 1; size <= LEAVES.length; size++) {
      const prover = new TreeProver(size, log);
      refuses(() => prover.inclusion(size), 'DECODE_FAILED');
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(size, index, log);
        assert.deepEqual(proof, slowInclusion(index, LEAVES.slice(0, size)));
        assert.deepEqual(await inclusionProofAsync(size, index, log), proof);
        assert.deepEqual(prover.inclusion(index), proof);
        verifyInclusion({ leafHash: LEAVES[index]!, index, size, proof, root: log.roots[size]! });
      }
    }
  });

  it('are refused for any other index, size, root, leaf, or number of elements', () => {
    const size = 21;
    for (const index of [0, 7, 16, 20]) {
      const proof = inclusionProof(size, index, log);
      const claim = { leafHash: LEAVES[index]!, index, size, proof, root: log.roots[size]! };
      for (let other = 0; other < size; other++) {
        if (other !== index) refuses(() => verifyInclusion({ ...claim, index: other }), 'PROOF_INVALID');
      }
      refuses(() => verifyInclusion({ ...claim, root: log.roots[size - 1]! }), 'PROOF_INVALID');
      refuses(() => verifyInclusion({ ...claim, leafHash: LEAVES[index + 1]! }), 'PROOF_INVALID');
      refuses(() => verifyInclusion({ ...claim, proof: proof.slice(1) }), 'PROOF_INVALID');
      refuses(() => verifyInclusion({ ...claim, proof: [...proof, LEAVES[0]!] }), 'PROOF_INVALID');
      refuses(
        () => verifyInclusion({ ...claim, proof: [new Uint8Array(31), ...proof.slice(1)] }),
        'DECODE_FAILED',
      );
      refuses(() => verifyInclusion({ ...claim, index: size }), 'PROOF_INVALID');
    }
  });

  it('refuse an empty tree and hostile sizes with a typed error', () => {
    const claim = { leafHash: LEAVES[0]!, index: 0, size: 0, proof: [], root: LEAVES[0]! };
    refuses(() => verifyInclusion(claim), 'PROOF_INVALID');
    refuses(() => verifyInclusion({ ...claim, root: EMPTY_ROOT }), 'PROOF_INVALID');
    refuses(() => verifyInclusion({ ...claim, size: 2n ** 62n }), 'LIMIT_EXCEEDED');
    refuses(() => verifyInclusion({ ...claim, size: 2 ** 62 }), 'LIMIT_EXCEEDED');
    refuses(() => verifyInclusion({ ...claim, size: 2n ** 64n }), 'DECODE_FAILED');
    refuses(() => verifyInclusion({ ...claim, size: 1, index: -1 }), 'DECODE_FAILED');
    refuses(() => verifyInclusion({ ...claim, size: 1.5 }), 'DECODE_FAILED');
    refuses(() => planInclusion(2 ** 62, 1), 'LIMIT_EXCEEDED');
  });

  it('are planned in O(log n) at the largest size', () => {
    const size = Number.MAX_SAFE_INTEGER;
    const nodes = planInclusion(size, size - 1).flat().length;
    assert.ok(nodes <= 2 * 53, `${nodes} nodes`);
    assert.ok(planConsistency(2 ** 52 + 1, size).flat().length <= 2 * 53 + 53);
  });

  it('say which node is missing', () => {
    refuses(() => inclusionProof(4, 0, { node: () => undefined }), 'NODE_MISSING');
  });
});

describe('consistency proofs', () => {
  it('are those of the recursive definition, and verify, between any two sizes', async () => {
    for (let to = 0; to <= LEAVES.length; to++) {
      for (let from = 0; from <= to; from++) {
        const proof = consistencyProof(from, to, log);
        if (from > 0) assert.deepEqual(proof, slowConsistency(from, LEAVES.slice(0, to)));
        assert.deepEqual(await consistencyProofAsync(from, to, log), proof);
        verifyConsistency({ from, to, proof, fromRoot: log.roots[from]!, toRoot: log.roots[to]! });
      }
    }
  });

  it('are refused for other sizes, roots or elements', () => {
    const [from, to] = [13, 37];
    const proof = consistencyProof(from, to, log);
    const claim = { from, to, proof, fromRoot: log.roots[from]!, toRoot: log.roots[to]! };
    refuses(() => verifyConsistency({ ...claim, from: 12 }), 'PROOF_INVALID');
    // A second size of the same shape cannot be told apart by the proof: the signed checkpoint binds size and root.
    refuses(() => verifyConsistency({ ...claim, to: 31 }), 'PROOF_INVALID');
    refuses(() => verifyConsistency({ ...claim, from: 38 }), 'PROOF_INVALID');
    refuses(() => verifyConsistency({ ...claim, fromRoot: log.roots[12]! }), 'PROOF_INVALID');
    refuses(() => verifyConsistency({ ...claim, toRoot: log.roots[36]! }), 'PROOF_INVALID');
    refuses(() => verifyConsistency({ ...claim, proof: proof.slice(0, -1) }), 'PROOF_INVALID');
    refuses(() => verifyConsistency({ ...claim, proof: [] }), 'PROOF_INVALID');
    refuses(() => verifyConsistency({ ...claim, proof: [...proof, LEAVES[0]!] }), 'PROOF_INVALID');
    refuses(() => verifyConsistency({ ...claim, to: 2n ** 62n }), 'LIMIT_EXCEEDED');
  });

  it('refuse a bogus root beside an empty tree', () => {
    const bogus = LEAVES[0]!;
    refuses(
      () => verifyConsistency({ from: 0, to: 5, proof: [], fromRoot: bogus, toRoot: log.roots[5]! }),
      'PROOF_INVALID',
    );
    refuses(
      () => verifyConsistency({ from: 0, to: 0, proof: [], fromRoot: bogus, toRoot: bogus }),
      'PROOF_INVALID',
    );
    refuses(
      () => verifyConsistency({ from: 0, to: 0, proof: [], fromRoot: EMPTY_ROOT, toRoot: bogus }),
      'PROOF_INVALID',
    );
    refuses(
      () =>
        verifyConsistency({ from: 0, to: 5, proof: [bogus], fromRoot: EMPTY_ROOT, toRoot: log.roots[5]! }),
      'PROOF_INVALID',
    );
    refuses(
      () => verifyConsistency({ from: 5, to: 5, proof: [], fromRoot: log.roots[5]!, toRoot: log.roots[6]! }),
      'PROOF_INVALID',
    );
  });
});
