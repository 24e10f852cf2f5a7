// Judges a whole DAG whose blocks are all at hand: its depth, how many entries and bytes it unfolds to (a few blocks that name each
// other twice a level unfold to petabytes), and whether every file is as long as it says. Each block is read once.

import type { CID } from 'multiformats/cid';
import { ZeroError } from '../../protocol/errors/index.ts';
import { type BlockShape, shapeOf } from './blocks.ts';
import { BLOCKS_MAX, DEPTH_MAX, ENTRIES_MAX } from './limits.ts';

/** What an artifact unfolds to. */
export interface Measure {
  readonly kind: 'file' | 'folder';
  /** Bytes of content, counted as often as it appears. */
  readonly contentBytes: number;
  /** Files and folders, counted as often as they appear. */
  readonly entries: number;
  readonly depth: number;
  readonly blocks: number;
}

interface Sub {
  readonly kind: BlockShape['kind'];
  readonly bytes: number;
  readonly entries: number;
  readonly depth: number;
}

/** Measures the DAG under `root`. Throws ARTIFACT_REFUSED past a bound, ARTIFACT_INCOMPLETE where a block is missing. */
export async function measureDag(
  root: CID,
  read: (cid: CID) => Promise<Uint8Array | undefined>,
  options: { contentBytesMax: number },
): Promise<Measure> {
  const done = new Map<string, Sub>();

  const visit = async (cid: CID, level: number): Promise<Sub> => {
    const key = cid.toString();
    const known = done.get(key);
    if (known !== undefined) return known;
    if (level > DEPTH_MAX)
      throw new ZeroError('ARTIFACT_REFUSED', `the artifact is deeper than ${DEPTH_MAX}`);
    if (done.size >= BLOCKS_MAX)
      throw new ZeroError('ARTIFACT_REFUSED', `the artifact has more than ${BLOCKS_MAX} blocks`);
    const bytes = await read(cid);
    if (bytes === undefined) throw new ZeroError('ARTIFACT_INCOMPLETE', `block ${key} is not here`);
    const shape = shapeOf(cid, bytes);
    let sum = shape.ownBytes;
    let entries = shape.kind === 'shard' ? 0 : 1;
    let depth = 0;
    for (const link of shape.links) {
      const child = await visit(link.cid, level + 1);
      if (shape.kind === 'file' && child.kind !== 'file')
        throw new ZeroError('ARTIFACT_REFUSED', `file ${key} has a folder as a part`);
      // The parts of a file are no entries of their own.
      entries += shape.kind === 'file' ? 0 : child.entries;
      sum += child.bytes;
      depth = Math.max(depth, child.depth + 1);
      if (sum > options.contentBytesMax)
        throw new ZeroError(
          'ARTIFACT_REFUSED',
          `the artifact unfolds to more than ${options.contentBytesMax} bytes`,
        );
      if (entries > ENTRIES_MAX)
        throw new ZeroError('ARTIFACT_REFUSED', `the artifact unfolds to more than ${ENTRIES_MAX} entries`);
    }
    // The level counts from the root, the depth from below: a block met again further down must fit there too.
    if (level === 0 && depth > DEPTH_MAX)
      throw new ZeroError('ARTIFACT_REFUSED', `the artifact is deeper than ${DEPTH_MAX}`);
    if (shape.claimedBytes !== undefined && shape.claimedBytes !== BigInt(sum))
      throw new ZeroError('ARTIFACT_REFUSED', `file ${key} says ${shape.claimedBytes} bytes and has ${sum}`);
    const sub = { kind: shape.kind, bytes: sum, entries, depth };
    done.set(key, sub);
    return sub;
  };

  const { kind, bytes, entries, depth } = await visit(root, 0);
  return {
    kind: kind === 'file' ? 'file' : 'folder',
    contentBytes: bytes,
    entries: Math.max(1, entries),
    depth,
    blocks: done.size,
  };
}
