// Checks of signed heads, log proofs and equivocation evidence.

import { toHex } from '../bytes/index.ts';
import {
  applyPolicy,
  type Checkpoint,
  decodeEquivocation,
  decodeLogEntry,
  decodeProof,
  type LogProof,
  leafHash,
  parseCheckpoint,
  verifyEquivocation,
  verifyInclusion,
  verifyNodeCheckpoint,
} from '../log/index.ts';
import type { Verified } from '../verified.ts';
import type { Context } from './options.ts';
import type { Checks } from './report.ts';

/** Checks the log's signature, and the policy's quorum when there is a policy. Returns the head when both hold. */
export function checkHead(
  checks: Checks,
  checkpoint: Checkpoint,
  context: Context,
): Verified<Checkpoint> | undefined {
  checks.describe({ origin: checkpoint.origin, treeSize: checkpoint.size, root: toHex(checkpoint.root) });
  const { policy, now } = context;
  if (policy === null) {
    return checks.attempt(
      'checkpoint',
      () => verifyNodeCheckpoint(checkpoint.text, checkpoint.origin),
      (head) => `signed by the key that the log's name holds, at size ${head.size}`,
    );
  }
  const age = context.maxAgeSeconds === undefined ? {} : { maxAgeSeconds: context.maxAgeSeconds };
  const finding = checks.attempt(
    'checkpoint',
    () => applyPolicy(checkpoint, policy, { nowSeconds: Math.floor(now / 1000), ...age }),
    ({ witnesses }) =>
      policy.quorum === 'none'
        ? 'signed by a log of the policy'
        : `accepted by the policy: ${witnesses.join(', ')}`,
  );
  if (finding?.asOfSeconds != null)
    checks.describe({ asOf: new Date(finding.asOfSeconds * 1000).toISOString() });
  return finding?.checkpoint;
}

/** A checkpoint file. */
export function checkCheckpointFile(checks: Checks, bytes: Uint8Array, context: Context): void {
  const checkpoint = checks.attempt(
    'form',
    () => parseCheckpoint(bytes),
    () => 'a checkpoint',
  );
  if (checkpoint !== undefined) checkHead(checks, checkpoint, context);
}

/** Checks head and inclusion of a record. */
export function checkInclusion(checks: Checks, proof: LogProof, record: Uint8Array, context: Context): void {
  checks.describe({ logIndex: proof.index });
  const head = checkHead(checks, proof.checkpoint, context);
  if (head === undefined) return;
  checks.attempt(
    'inclusion',
    () =>
      verifyInclusion({
        leafHash: leafHash(record),
        index: proof.index,
        size: head.size,
        proof: proof.proof,
        root: head.root,
      }),
    () => `entry ${proof.index} of ${head.size}`,
  );
}

/** A tlog-proof file. Its extra data must hold the record, else there is nothing to prove: the proof itself does not name its leaf. */
export function checkProofFile(checks: Checks, bytes: Uint8Array, context: Context): void {
  const proof = checks.attempt(
    'form',
    () => decodeProof(bytes),
    () => 'a log proof',
  );
  if (proof === undefined) return;
  if (proof.extra === null) {
    checkHead(checks, proof.checkpoint, context);
    checks.add('inclusion', false, 'the proof does not carry the record that it is about', 'PROOF_INVALID');
    return;
  }
  const record = proof.extra;
  const entry = checks.attempt(
    'record',
    () => decodeLogEntry(record),
    ({ statementId }) => `names ${statementId}`,
  );
  if (entry !== undefined) checks.describe({ statementId: entry.statementId });
  checkInclusion(checks, proof, record, context);
}

/** An equivocation evidence file. A report that is ok means: the log did fork. */
export function checkEquivocationFile(checks: Checks, bytes: Uint8Array): void {
  const evidence = checks.attempt(
    'form',
    () => decodeEquivocation(bytes),
    () => 'equivocation evidence',
  );
  if (evidence === undefined) return;
  const finding = checks.attempt(
    'equivocation',
    () => verifyEquivocation(evidence),
    ({ firstCheckpoint, secondCheckpoint }) =>
      `the log signed heads of sizes ${firstCheckpoint.size} and ${secondCheckpoint.size} that exclude each other`,
  );
  if (finding !== undefined) checks.describe({ origin: finding.origin });
}
