// The receipt file: a receipt with everything a stranger needs to check it offline, and with the task's inputs to run it again.

import { fromBase64, fromUtf8, toBase64, utf8 } from '../../protocol/bytes/index.ts';
import { decodeEnvelope, type EnvelopeJson, envelopeToJson } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { isJsonObject, type JsonValue, parseStrictJson } from '../../protocol/json/index.ts';
import { encodeProof, inclusionProofAsync, parseCheckpoint } from '../../protocol/log/index.ts';
import type { LogPosition, LogStore } from '../log/index.ts';
import { completeManifest, type TaskParts } from '../tasks/manifest.ts';

export const RECEIPT_FILE_KIND = 'zerostate-receipt/v1';

/** What a task was given, in base64. */
export interface Capsule {
  manifest: string;
  module: string;
  stdin: string;
  files: Record<string, string>;
}

/** A receipt file, as JSON. */
export interface ReceiptFile {
  kind: typeof RECEIPT_FILE_KIND;
  /** The signed receipt (DSSE). */
  receipt: EnvelopeJson;
  /** The log record that commits to it, base64. */
  entry: string;
  /** C2SP tlog-proof: inclusion of the record under the executor's signed checkpoint. */
  proof: string;
  /** The executor's signed card (DSSE). */
  executorCard: EnvelopeJson;
  /** Replay capsule. */
  inputs?: Capsule;
}

/** By the bytes of a card, and gone with them: an executor sends the same one with every receipt. */
const cardsInFiles = new WeakMap<Uint8Array, EnvelopeJson>();

function cardInFile(card: Uint8Array): EnvelopeJson {
  const known = cardsInFiles.get(card);
  if (known !== undefined) return known;
  const made = Object.freeze(envelopeToJson(decodeEnvelope(card)));
  cardsInFiles.set(card, made);
  return made;
}

/** Builds the file of a logged receipt under the newest complete checkpoint of its log. Throws NOT_FOUND. */
export async function buildReceiptFile(
  store: LogStore,
  position: LogPosition,
  executorCard: Uint8Array | undefined,
): Promise<ReceiptFile> {
  if (executorCard === undefined) throw new ZeroError('NOT_FOUND', 'the executor’s card is not known here');
  const { origin, index } = position;
  const [record, body] = await Promise.all([store.record(origin, index), store.body(origin, index)]);
  const { checkpoint } = store.state(origin);
  if (record === undefined || body === undefined || checkpoint === '')
    throw new ZeroError('NOT_FOUND', `entry ${index} of ${origin} is not held here`);
  const { size } = parseCheckpoint(checkpoint);
  if (index >= size)
    throw new ZeroError('NOT_FOUND', `entry ${index} of ${origin} is not covered by a checkpoint yet`);
  return {
    kind: RECEIPT_FILE_KIND,
    receipt: envelopeToJson(decodeEnvelope(body)),
    entry: toBase64(record),
    proof: encodeProof({
      index,
      proof: await inclusionProofAsync(size, index, store.reader(origin)),
      checkpoint,
    }),
    executorCard: cardInFile(executorCard),
  };
}

/** What a manifest says of the run: the `spec` of a signed one. Files of the first version hold the spec alone. */
function specOf(manifest: JsonValue): JsonValue {
  return isJsonObject(manifest) && manifest.type === 'TaskManifest' ? (manifest.spec ?? null) : manifest;
}

/** The task of a capsule. Throws DECODE_FAILED or USAGE. */
export function partsOf(capsule: Capsule): TaskParts {
  return {
    manifest: completeManifest(specOf(parseStrictJson(fromBase64(capsule.manifest)))),
    module: fromBase64(capsule.module),
    stdin: fromBase64(capsule.stdin),
    inputs: Object.fromEntries(Object.entries(capsule.files).map(([path, text]) => [path, fromBase64(text)])),
  };
}

export function encodeReceiptFile(file: ReceiptFile): Uint8Array {
  return utf8(`${JSON.stringify(file, null, 2)}\n`);
}

/** The same for a machine that will put the file together anew: in one line. */
export function packReceiptFile(file: ReceiptFile): Uint8Array {
  return utf8(JSON.stringify(file));
}

/** Reads a receipt file without verifying it. Throws DECODE_FAILED. */
export function decodeReceiptFile(bytes: Uint8Array, bytesMax: number): ReceiptFile {
  const value: JsonValue = parseStrictJson(fromUtf8(bytes), { bytesMax });
  if (typeof value !== 'object' || value === null || (value as { kind?: unknown }).kind !== RECEIPT_FILE_KIND)
    throw new ZeroError('DECODE_FAILED', 'not a receipt file');
  return value as unknown as ReceiptFile;
}
