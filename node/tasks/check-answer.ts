// Believes an answer only when its receipt verifies, is the member's, and says what was asked and what came.

import { equalBytes } from '../../protocol/bytes/index.ts';
import { keepEd25519 } from '../../protocol/crypto/index.ts';
import { encodeEnvelope } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { bytesDigest, type VerifiedReceipt } from '../../protocol/receipt/index.ts';
import type { VerifiedManifest } from '../../protocol/task/index.ts';
import { type KnownCard, verifyReceiptFile } from '../../protocol/verify/index.ts';
import type { Job } from '../../wasm-runner/index.ts';
import { type BookEntry, isTakenIn } from '../cards/card-book.ts';
import type { ReceiptFile } from '../receipts/receipt-file.ts';
import { askedDigests, gotDigests } from './deterministic.ts';
import type { TaskResponse } from './wire.ts';

/** A receipt that stands for an answer. */
export interface CheckedReceipt {
  readonly verified: VerifiedReceipt;
  readonly file: ReceiptFile;
}

function refuse(message: string): never {
  throw new ZeroError('RECEIPT_REFUSED', message);
}

/** Checks an answer against what was asked. Throws RECEIPT_REFUSED. */
export function checkAnswer(input: {
  manifest: VerifiedManifest;
  job: Job;
  agentId: string;
  /** The card of the member as this node holds it. */
  card: BookEntry;
  response: TaskResponse;
  receipt: Uint8Array;
  now: number;
}): CheckedReceipt {
  const { agentId, card, job, manifest, now, receipt, response } = input;
  // The same card comes with every receipt of its agent, to the byte.
  const knownCard: KnownCard = (envelope) =>
    isTakenIn(card) && equalBytes(encodeEnvelope(envelope), card.bytes) ? card : undefined;
  // The executor's log brings the same receipt.
  const checked = keepEd25519(() => verifyReceiptFile(receipt, { now, knownCard }));
  const { file, receipt: verified, report } = checked;
  const failed = report.checks.find((check) => !check.ok);
  if (failed !== undefined) refuse(`${failed.name}: ${failed.detail}`);
  if (verified === undefined || file === undefined) refuse('the answer holds no receipt');
  const { deterministic, deterministicSignature, observed } = verified.receipt;
  if (verified.issuer !== agentId) refuse('the receipt is of another agent than the one that was asked');
  if (observed.manifestDigest !== bytesDigest(manifest.envelope.payload))
    refuse('the receipt is of another manifest');
  if (observed.requester !== manifest.manifest.requester || observed.taskId !== manifest.manifest.taskId)
    refuse('the receipt is of another requester or task');
  if (deterministicSignature === undefined) refuse('the deterministic part is not signed apart');
  const said = { ...deterministic, ...deterministic.result } as Record<string, unknown>;
  for (const [name, digest] of Object.entries({ ...askedDigests(job), ...gotDigests(response) }))
    if (said[name] !== digest) refuse(`${name} of the receipt is not that of the task`);
  const { fuel, memoryBytes, stackBytes, outputBytes } = job.limits;
  const asked = { fuel: fuel.toString(), memoryBytes, stackBytes, outputBytes };
  for (const [name, value] of Object.entries(asked))
    if ((deterministic.limits as Record<string, unknown>)[name] !== value)
      refuse(`the limit ${name} of the receipt is not that of the task`);
  if (deterministic.seed !== job.seed) refuse('the seed of the receipt is not that of the task');
  if (deterministic.result.status !== response.status || deterministic.result.fuel !== response.fuel)
    refuse('the receipt names another end than the answer');
  return { verified, file: file as unknown as ReceiptFile };
}
