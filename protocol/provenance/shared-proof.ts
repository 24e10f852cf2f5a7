// One proof for many entries of a log: the tree nodes that their inclusion proofs need and that do not follow from the entries themselves, in
// the one order in which both sides come to need them. A thousand neighbours need as many as one does.

import { ZeroError } from '../errors/index.ts';
import { type HashReader, inclusionProof, nodeHash, planInclusion } from '../log/index.ts';

/** Nodes that follow from leaves, and those that were shown. */
class SharedNodes implements HashReader {
  readonly #known = new Map<string, Uint8Array>();

  constructor(leaves: ReadonlyMap<number, Uint8Array>) {
    for (const [index, leaf] of leaves) this.#known.set(`0/${index}`, leaf);
  }

  show(level: number, index: number, hash: Uint8Array): void {
    this.#known.set(`${level}/${index}`, hash);
  }

  node(level: number, index: number): Uint8Array | undefined {
    const key = `${level}/${index}`;
    const known = this.#known.get(key);
    if (known !== undefined || level === 0) return known;
    // Levels beyond the leaves shown are asked for by name; this looks no further than what is there.
    const left = this.node(level - 1, index * 2);
    if (left === undefined) return undefined;
    const right = this.node(level - 1, index * 2 + 1);
    if (right === undefined) return undefined;
    const hash = nodeHash(left, right);
    this.#known.set(key, hash);
    return hash;
  }
}

/** Inclusion proofs of many entries, from a shared proof. */
export interface SharedProof {
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
}

/** The hashes to show beside some leaves, read from the log's tree. Throws NODE_MISSING. */
export async function shareProof(
  size: number,
  leaves: ReadonlyMap<number, Uint8Array>,
  read: (level: number, index: number) => Promise<Uint8Array | undefined> | Uint8Array | undefined,
): Promise<Uint8Array[]> {
  const nodes = new SharedNodes(leaves);
  const hashes: Uint8Array[] = [];
  for (const index of [...leaves.keys()].sort((a, b) => a - b))
    for (const refs of planInclusion(size, index))
      for (const { level, index: at } of refs) {
        if (nodes.node(level, at) !== undefined) continue;
        const hash = await read(level, at);
        if (hash === undefined)
          throw new ZeroError('NODE_MISSING', 'a stored tree node is missing', {
            details: { level, index: at },
          });
        hashes.push(hash);
        nodes.show(level, at, hash);
      }
  return hashes;
}

/** The inclusion proof of each leaf. Throws PROOF_INVALID when the hashes are too few or too many; a wrong one leads to another root. */
export function splitProof(
  { hashes, size }: SharedProof,
  leaves: ReadonlyMap<number, Uint8Array>,
): Map<number, Uint8Array[]> {
  const nodes = new SharedNodes(leaves);
  const indexes = [...leaves.keys()].sort((a, b) => a - b);
  let used = 0;
  for (const index of indexes)
    for (const refs of planInclusion(size, index))
      for (const { level, index: at } of refs) {
        if (nodes.node(level, at) !== undefined) continue;
        const hash = hashes[used++];
        if (hash === undefined) throw new ZeroError('PROOF_INVALID', 'shared proof: hashes are missing');
        nodes.show(level, at, hash);
      }
  if (used !== hashes.length) throw new ZeroError('PROOF_INVALID', 'shared proof: hashes are left over');
  return new Map(indexes.map((index) => [index, inclusionProof(size, index, nodes)]));
}
