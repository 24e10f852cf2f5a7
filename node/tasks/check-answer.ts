// Believes an answer only when its receipt verifies, is the member's, and says what was asked and what came.

import { keepEd25519 } from '../../protocol/crypto/index.ts';
import { type EnvelopeJson, envelopeFromJson } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { JsonValue } from '../../protocol/json/index.ts';
import { bytesDigest, type VerifiedReceipt, verifyReceipt } from '../../protocol/receipt/index.ts';
import type { VerifiedManifest } from '../../protocol/task/index.ts';
import { verify } from '../../protocol/verify/index.ts';
import type { Job } from '../../wasm-runner/index.ts';
import { decodeReceiptFile, type ReceiptFile } from '../receipts/receipt-file.ts';
import { askedDigests, gotDigests } from './deterministic.ts';
import { TASK_RESPONSE_BYTES_MAX, type TaskResponse } from './wire.ts';

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
  response: TaskResponse;
  receipt: Uint8Array;
  now: number;
}): CheckedReceipt {
  const { agentId, job, manifest, now, receipt, response } = input;
  // The executor's log brings the same receipt, and the card comes with every receipt of its agent.
  const report = keepEd25519(() => verify(receipt, { now }));
  const failed = report.checks.find((check) => !check.ok);
  if (failed !== undefined) refuse(`${failed.name}: ${failed.detail}`);
  const file = decodeReceiptFile(receipt, TASK_RESPONSE_BYTES_MAX);
  const verified = keepEd25519(() =>
    verifyReceipt(envelopeFromJson(file.receipt as EnvelopeJson & JsonValue)),
  );
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
  return { verified, file };
}
