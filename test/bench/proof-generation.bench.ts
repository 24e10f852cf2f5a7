// Inclusion proofs made from stored nodes, against merkletreejs over the same leaves. The peer's tree pairs nodes otherwise than
// RFC 6962 where a level is odd, so the proofs differ; the work, finding one path, is the same.

import { createHash } from 'node:crypto';
import { MerkleTree } from 'merkletreejs';
import { leafHash, TreeProver, verifyInclusion } from '../../protocol/log/index.ts';
import { MemoryTree } from '../support/merkle.ts';
import type { Bench } from './bench.ts';

const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest();

export const bench: Bench = {
  name: 'proof-generation',
  summary: 'inclusion proofs made from a log of many leaves, against merkletreejs',
  bar: { sign: '>=', value: 1_000 },
  async run({ sizes, random, compare, note }) {
    for (const leaves of sizes([200_000], [200_000, 1_000_000])) {
      const stream = random(`leaves of ${leaves}`);
      const hashes = Array.from({ length: leaves }, () => leafHash(stream.bytes(49)));
      const tree = new MemoryTree(hashes, { roots: false });
      const root = tree.tree.root();
      const buffers = hashes.map((hash) => Buffer.from(hash));
      const peerTree = new MerkleTree(buffers, sha256);
      note(`proof-generation: both trees of ${leaves} leaves are built`);
      // What a log keeps beside its tree to find an entry: the peer keeps nothing, and searches.
      const places = new Map(hashes.map((hash, index) => [hash.toHex(), index]));
      const prover = new TreeProver(leaves, tree);
      for (let i = 0; i < 20_000; i++) {
        const index = stream.below(leaves);
        verifyInclusion({
          leafHash: hashes[index]!,
          index,
          size: leaves,
          proof: prover.inclusion(index),
          root,
        });
      }
      const indexes = Array.from({ length: 20 }, () => stream.below(leaves));
      await compare({
        case: `${leaves} leaves, by leaf`,
        sizes: { leaves },
        operations: indexes.length,
        peerName: 'merkletreejs getProof(leaf)',
        ours() {
          for (const index of indexes) prover.inclusion(places.get(hashes[index]!.toHex())!);
        },
        peer() {
          for (const index of indexes) peerTree.getProof(buffers[index]!);
        },
      });
      await compare({
        case: `${leaves} leaves, by index`,
        sizes: { leaves },
        operations: indexes.length,
        // With the index given the peer only reads its layers, which it keeps as arrays; so do we.
        bar: { sign: '>=', value: 0.5 },
        peerName: 'merkletreejs getProof(leaf, index)',
        ours() {
          for (const index of indexes) prover.inclusion(index);
        },
        peer() {
          for (const index of indexes) peerTree.getProof(buffers[index]!, index);
        },
      });
    }
  },
};
