// RFC 6962 and 9162 proofs, valid and invalid.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isZeroError } from '../../protocol/errors/index.ts';
import { HASH_BYTES, inclusionRoot, verifyConsistency, verifyInclusion } from '../../protocol/log/index.ts';
import { readJson, Suite } from './suite.ts';

interface InclusionCase {
  leafIdx: number;
  treeSize: number;
  root: string | null;
  leafHash: string | null;
  proof: string[] | null;
  wantErr: boolean;
}

interface ConsistencyCase {
  size1: number;
  size2: number;
  root1: string | null;
  root2: string | null;
  proof: string[] | null;
  wantErr: boolean;
}

const bytes = (text: string | null): Uint8Array => Uint8Array.fromBase64(text ?? '');

function accepts(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (isZeroError(error)) return false;
    throw error;
  }
}

/** Vector files of a kind. The folders for subtrees are of another protocol (Merkle tree certificates). */
function filesOf(folder: string, kind: string): string[] {
  const root = join(folder, 'merkle/testdata', kind);
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Inclusion proofs. */
export function inclusion(folder: string): Suite {
  const suite = new Suite('RFC 6962 inclusion');
  for (const file of filesOf(folder, 'inclusion')) {
    const { leafIdx, treeSize, root, leafHash, proof, wantErr } = readJson<InclusionCase>(file);
    const claim = {
      leafHash: bytes(leafHash),
      index: leafIdx,
      size: treeSize,
      proof: (proof ?? []).map(bytes),
    };
    const accepted = accepts(() => verifyInclusion({ ...claim, root: bytes(root) }));
    suite.check(accepted === !wantErr, `${file}: ${accepted}`);
    if (accepted) suite.check(inclusionRoot(claim).toBase64() === root, `${file}: another root`);
  }
  return suite;
}

/** Consistency proofs. A case whose roots are not hashes is refused here for its form, whatever it was meant to show. */
export function consistency(folder: string): Suite {
  const suite = new Suite('RFC 6962 consistency');
  for (const file of filesOf(folder, 'consistency')) {
    const { size1, size2, root1, root2, proof, wantErr } = readJson<ConsistencyCase>(file);
    const [fromRoot, toRoot] = [bytes(root1), bytes(root2)];
    const accepted = accepts(() =>
      verifyConsistency({ from: size1, to: size2, fromRoot, toRoot, proof: (proof ?? []).map(bytes) }),
    );
    const wellFormed = fromRoot.length === HASH_BYTES && toRoot.length === HASH_BYTES;
    if (!wantErr && !wellFormed)
      suite.note(`refused for its form, stricter than published: ${file.slice(folder.length + 1)}`);
    suite.check(accepted === (!wantErr && wellFormed), `${file}: ${accepted}`);
  }
  return suite;
}
