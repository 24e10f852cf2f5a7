// A tile log that another implementation wrote: its checkpoints, tiles and entry bundles, read and proven here.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isZeroError } from '../../protocol/errors/index.ts';
import {
  type Checkpoint,
  CompactTree,
  consistencyProof,
  decodeEntryBundle,
  inclusionProof,
  leafHash,
  parseVerifierKey,
  tilePath,
  tileReader,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from '../../protocol/log/index.ts';
import { Suite } from './suite.ts';

/** Every checkpoint verifies, has the root of its entries, and is consistent with every other; every entry is included. */
export function tessera(folder: string): Suite {
  const suite = new Suite('Tessera tile log');
  const root = join(folder, 'tessera/testdata/log');
  const key = parseVerifierKey(readFileSync(join(folder, 'tessera/vkey.txt'), 'utf8').trim());
  const heads: Checkpoint[] = [];
  for (const name of readdirSync(root)
    .filter((entry) => entry.startsWith('checkpoint'))
    .sort()) {
    try {
      heads.push(
        verifyCheckpoint(readFileSync(join(root, name)), { origin: key.name, publicKey: key.publicKey }),
      );
      suite.check(true, name);
    } catch (error) {
      suite.check(false, `${name}: ${isZeroError(error) ? error.code : error}`);
    }
  }
  heads.sort((a, b) => a.size - b.size);
  const largest = heads[heads.length - 1]!.size;
  const records = decodeEntryBundle(
    readFileSync(join(root, tilePath({ level: 'entries', index: 0, width: largest }))),
  );
  checkRoots(suite, heads, records);
  checkProofs(suite, root, heads, records);
  suite.note(`${heads.length} checkpoints to size ${largest}`);
  return suite;
}

function checkRoots(suite: Suite, heads: readonly Checkpoint[], records: readonly Uint8Array[]): void {
  for (const { size, root } of heads) {
    const tree = new CompactTree();
    for (const record of records.slice(0, size)) tree.append(leafHash(record));
    suite.check(tree.root().toHex() === root.toHex(), `size ${size}: another root`);
  }
}

function checkProofs(
  suite: Suite,
  folder: string,
  heads: readonly Checkpoint[],
  records: readonly Uint8Array[],
): void {
  for (const { size, root } of heads) {
    const nodes = tileReader(size, (ref) => {
      const path = join(folder, tilePath(ref));
      return existsSync(path) ? readFileSync(path) : undefined;
    });
    for (let index = 0; index < size; index++) {
      verifyInclusion({
        leafHash: leafHash(records[index]!),
        index,
        size,
        proof: inclusionProof(size, index, nodes),
        root,
      });
      suite.check(true, `inclusion of ${index} in ${size}`);
    }
    for (const older of heads.filter((head) => head.size <= size)) {
      const proof = consistencyProof(older.size, size, nodes);
      verifyConsistency({ from: older.size, to: size, proof, fromRoot: older.root, toRoot: root });
      suite.check(true, `consistency of ${older.size} and ${size}`);
    }
  }
}
