// Inclusion proofs verified, against the Merkle check of @sigstore/verify on the same records, proofs and root.

import { createRequire } from 'node:module';
import { InclusionChecker, inclusionProof, leafHash, verifyInclusion } from '../../protocol/log/index.ts';
import { MemoryTree } from '../support/merkle.ts';
import type { Bench } from './bench.ts';

/** The peer's check: the part of its transparency log verification that is the same work. It throws on a wrong proof. */
type SigstoreVerify = (
  entry: { canonicalizedBody: Buffer; inclusionProof: { logIndex: string; hashes: Buffer[] } },
  checkpoint: { logSize: bigint; logHash: Buffer },
) => void;

const { verifyMerkleInclusion } = createRequire(import.meta.url)('@sigstore/verify/dist/tlog/merkle.js') as {
  verifyMerkleInclusion: SigstoreVerify;
};

export const bench: Bench = {
  name: 'inclusion-verify',
  summary: 'inclusion proofs verified from the record, against the same check in @sigstore/verify',
  bar: { sign: '>=', value: 3 },
  async run({ sizes, random, compare }) {
    for (const leaves of sizes([1_000, 200_000], [1_000, 200_000, 1_000_000])) {
      const stream = random(`records of ${leaves}`);
      const records = Array.from({ length: leaves }, () => stream.bytes(49));
      const tree = new MemoryTree(records.map(leafHash), { roots: false });
      const root = tree.tree.root();
      const items = Array.from({ length: 2_000 }, () => {
        const index = stream.below(leaves);
        // Copies, as a decoder makes them.
        const proof = inclusionProof(leaves, index, tree).map((hash) => hash.slice());
        return { record: records[index]!, index, proof };
      });
      const theirs = items.map(({ record, index, proof }) => ({
        canonicalizedBody: Buffer.from(record),
        inclusionProof: { logIndex: String(index), hashes: proof.map((hash) => Buffer.from(hash)) },
      }));
      const checkpoint = { logSize: BigInt(leaves), logHash: Buffer.from(root) };
      const sizesOfCase = { leaves, proofs: items.length, proofElements: items[0]!.proof.length };
      const peer = (): void => {
        for (const entry of theirs) verifyMerkleInclusion(entry, checkpoint);
      };
      await compare({
        case: `${leaves} leaves, ${items.length} proofs of one checkpoint`,
        sizes: sizesOfCase,
        operations: items.length,
        peerName: '@sigstore/verify',
        ours() {
          // A new checker each round: nothing is remembered from the round before.
          const checker = new InclusionChecker({ size: leaves, root });
          for (const { record, index, proof } of items)
            checker.verify({ leafHash: leafHash(record), index, proof });
        },
        peer,
      });
      await compare({
        case: `${leaves} leaves, each proof alone`,
        sizes: sizesOfCase,
        operations: items.length,
        // Both sides spend their time in one native SHA-256, one call an element: no more can be had for a single proof.
        bar: { sign: '>=', value: 2 },
        peerName: '@sigstore/verify',
        ours() {
          for (const { record, index, proof } of items)
            verifyInclusion({ leafHash: leafHash(record), index, size: leaves, proof, root });
        },
        peer,
      });
    }
  },
};
