// Whether two manifests ask for the same: an idempotency key that is used again must come with what it came with before.

import { equalBytes } from '../../protocol/bytes/index.ts';
import { canonicalJson } from '../../protocol/json/index.ts';
import type { VerifiedManifest } from '../../protocol/task/index.ts';

/** What is run, on which files under which names, how, and on how many members; not until when, nor for how much. */
function asked({ manifest }: VerifiedManifest): Uint8Array {
  const { inputs, module, redundancy, spec, stdin } = manifest;
  const files = inputs.map(({ cid, path }) => [path, cid]).sort(([a], [b]) => (a! < b! ? -1 : 1));
  return canonicalJson([module.cid, stdin?.cid ?? null, files, redundancy, spec]);
}

/** True when both ask for the same. */
export function asksTheSame(one: VerifiedManifest, other: VerifiedManifest): boolean {
  return equalBytes(asked(one), asked(other));
}
