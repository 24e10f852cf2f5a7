// What a capsule carries as evidence, verified: signed originals under their own ids, policies under theirs, parts under their digests.

import { fromBase64 } from '../bytes/index.ts';
import { AGENT_CARD_TYPE, type VerifiedCard, verifyCard } from '../card/index.ts';
import { envelopeFromJson, publicKeyOfDidKey } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseStrictJson } from '../json/index.ts';
import {
  POLICY_BUNDLE_BYTES_MAX,
  POLICY_FILE_CHARS_MAX,
  POLICY_FILES_MAX,
  type PolicyFile,
  type PolicySigners,
  policyFilesId,
  readDecisionForm,
  verifyPolicyBundle,
} from '../policy/index.ts';
import { bytesDigest } from '../receipt/index.ts';
import { type AgentStatement, verifyAgentStatement } from '../statement/index.ts';
import type { Capsule } from './capsule.ts';
import { CAPSULE_ORIGINALS_MAX } from './limits.ts';

/** An original whose signature holds, and whose id is its own. */
export type SignedOriginal =
  | { readonly kind: 'card'; readonly id: string; readonly card: VerifiedCard }
  | { readonly kind: 'statement'; readonly id: string; readonly statement: AgentStatement };

/** A policy of a capsule. */
export interface CapsulePolicy {
  readonly id: string;
  readonly name: string;
  readonly sequence: number;
  readonly files: readonly PolicyFile[];
  /** Keys that signed it; null for the policies that are built in, which their id alone names. */
  readonly signedBy: readonly string[] | null;
}

function refuse(message: string): never {
  throw new ZeroError('DECODE_FAILED', `capsule: ${message}`);
}

/** Verifies every original. Throws for the first that is not what its id says, or whose signature does not hold. */
export function originalsOf({ originals }: Capsule): Map<string, SignedOriginal> {
  const found = new Map<string, SignedOriginal>();
  for (const { envelope: json, id } of originals) {
    if (found.has(id)) refuse(`two originals have the id ${id}`);
    const envelope = envelopeFromJson(json as JsonValue);
    if (envelope.payloadType === AGENT_CARD_TYPE) {
      const card = verifyCard(envelope);
      if (card.cardId !== id) refuse(`the card under ${id} is another`);
      found.set(id, { kind: 'card', id, card });
    } else {
      const statement = verifyAgentStatement(envelope);
      if (statement.id !== id) refuse(`the statement under ${id} is another`);
      found.set(id, { kind: 'statement', id, statement });
    }
  }
  return found;
}

/**
 * Refuses a capsule from which an original was taken away: what its decisions cite is in it, or named as absent. Beyond as many as a capsule
 * holds nothing is said. Throws DECODE_FAILED.
 */
export function requireCited({ absent, decisions, originals }: Capsule): void {
  if (originals.length + absent.length >= CAPSULE_ORIGINALS_MAX) return;
  const known = new Set([...originals.map(({ id }) => id), ...absent]);
  for (const { id, record } of decisions)
    for (const { evidence } of readDecisionForm(record).candidates)
      for (const cited of evidence)
        if (!known.has(cited))
          refuse(`${cited}, which the decision ${id} cites, is neither in it nor named as absent`);
}

/** The keys that a bundle names for the next one, which have signed it too. Only a guess of whom to ask: the bundle is verified by them. */
function signersIn(payload: Uint8Array): PolicySigners {
  const value = parseStrictJson(payload, { bytesMax: POLICY_BUNDLE_BYTES_MAX });
  const signers = isJsonObject(value) ? value.signers : undefined;
  if (!isJsonObject(signers ?? null)) return refuse('a policy bundle names no signers');
  const { keys, threshold } = signers as unknown as PolicySigners;
  if (!Array.isArray(keys) || !Number.isSafeInteger(threshold))
    return refuse('a policy bundle names no signers');
  keys.forEach(publicKeyOfDidKey);
  return { keys, threshold };
}

function filesIn(files: unknown): readonly PolicyFile[] {
  const ok =
    Array.isArray(files) &&
    files.length <= POLICY_FILES_MAX &&
    files.every(
      (file: unknown) =>
        isJsonObject(file as JsonValue) &&
        typeof (file as { name?: unknown }).name === 'string' &&
        typeof (file as { text?: unknown }).text === 'string' &&
        (file as unknown as PolicyFile).text.length <= POLICY_FILE_CHARS_MAX,
    );
  return ok ? (files as PolicyFile[]) : refuse('policies without a bundle are files with name and text');
}

/** The policies, each under the id that decisions name it by. A signature says who signed; whether they may is for who knows their line. */
export function policiesOf({ policies }: Capsule): Map<string, CapsulePolicy> {
  const found = new Map<string, CapsulePolicy>();
  for (const { envelope: json, files, id, name, sequence } of policies) {
    if (json !== null) {
      const envelope = envelopeFromJson(json as JsonValue);
      const signers = signersIn(envelope.payload);
      const { bundle, id: own } = verifyPolicyBundle(envelope, signers);
      if (own !== id || bundle.name !== name || bundle.sequence !== sequence)
        refuse(`the policy bundle under ${id} is another`);
      found.set(id, { id, name, sequence, files: bundle.policies, signedBy: signers.keys });
    } else {
      const bare = filesIn(files);
      if (policyFilesId(bare) !== id) refuse(`the policies under ${id} are others`);
      found.set(id, { id, name, sequence, files: bare, signedBy: null });
    }
  }
  return found;
}

/** Bytes of a part, which are what its digest says; undefined where it is not passed on. Throws DECODE_FAILED. */
export function partOf({ parts }: Capsule, digest: string): Uint8Array | undefined {
  const text = Object.hasOwn(parts, digest) ? parts[digest] : undefined;
  if (text === undefined) return undefined;
  const bytes = fromBase64(text);
  return bytesDigest(bytes) === digest ? bytes : refuse(`the part ${digest} has another digest`);
}

/** A receipt of a capsule as a receipt file, with its inputs where all of them are passed on. Nothing is verified. Throws DECODE_FAILED. */
export function receiptFileOf(capsule: Capsule, receipt: unknown): JsonObject {
  if (!isJsonObject(receipt as JsonValue) || (receipt as JsonObject).inputs !== undefined)
    refuse('a receipt is a receipt file without its inputs');
  const { inputs, parts } = capsule;
  if (inputs === null) return receipt as JsonObject;
  const [module, stdin] = [parts[inputs.module], parts[inputs.stdin]];
  const files = Object.entries(inputs.files).map(([path, digest]) => [path, parts[digest]] as const);
  if (module === undefined || stdin === undefined || files.some(([, part]) => part === undefined))
    return receipt as JsonObject;
  const given = {
    manifest: inputs.manifest,
    module,
    stdin,
    files: Object.fromEntries(files) as Record<string, string>,
  };
  return { ...(receipt as JsonObject), inputs: given };
}

/** A receipt file taken apart: the receipt alone, and its inputs by digest. The bytes of both go into the same parts. */
export function splitReceiptFile(
  file: JsonObject,
  parts: Record<string, string>,
): { receipt: JsonObject; inputs: Capsule['inputs'] } {
  const { inputs, ...receipt } = file;
  if (!isJsonObject(inputs ?? null)) return { receipt, inputs: null };
  const given = inputs as { manifest: string; module: string; stdin: string; files: Record<string, string> };
  const keep = (text: string): string => {
    const digest = bytesDigest(fromBase64(text));
    parts[digest] = text;
    return digest;
  };
  const files = Object.fromEntries(Object.entries(given.files).map(([path, text]) => [path, keep(text)]));
  return {
    receipt,
    inputs: { manifest: given.manifest, module: keep(given.module), stdin: keep(given.stdin), files },
  };
}
