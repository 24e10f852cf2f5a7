// The task manifest: what a requester asks for, signed, with module and inputs by content id. An executor runs nothing without one.
// What the module is to be given (arguments, limits, mode) is `spec`, whose meaning is the caller's; here it is signed text.

import { keepSigned, sha256 } from '../crypto/index.ts';
import {
  contentIdOf,
  decodeEnvelope,
  type Envelope,
  envelopeId,
  isContentId,
  type Signer,
  signEnvelope,
  verifyExactly,
} from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { Fields, timeMs } from '../fields/index.ts';
import {
  type AgentId,
  type AgentKeys,
  type Keychain,
  type KeychainJson,
  keychainToJson,
  operationalKeysOf,
  requireAgentId,
  verifyKeychainJson,
} from '../identity/index.ts';
import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from '../json/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import {
  IDEMPOTENCY_KEY_CHARS_MAX,
  MANIFEST_BYTES_MAX,
  MANIFEST_DEPTH_MAX,
  REDUNDANCY_MAX,
  TASK_INPUTS_MAX,
  TASK_LIFETIME_MS_MAX,
  TASK_PART_BYTES_MAX,
} from './limits.ts';

/** DSSE payload type of a task manifest. */
export const TASK_MANIFEST_TYPE = 'application/vnd.zerostate.task-manifest+json';

/** Bytes that a task needs, by content id (CIDv1, raw, sha2-256), and how many they are. */
export type TaskPart = {
  cid: string;
  bytes: number;
  /** Root of the artifact that holds the same bytes in blocks, for parts that are too large to be sent along. */
  artifact?: string;
};

/** What a requester asks for. */
export type TaskManifest = {
  type: 'TaskManifest';
  version: 1;
  /** Follows from requester and idempotency key: asking twice is one task. */
  taskId: string;
  idempotencyKey: string;
  requester: AgentId;
  keychain: KeychainJson;
  /** Peer id of the node that may present this manifest. */
  peer: string;
  issuedAt: string;
  /** Nothing is owed for what is delivered later. */
  deadline: string;
  module: TaskPart;
  stdin: TaskPart | null;
  /** Files below /in by relative path. */
  inputs: (TaskPart & { path: string })[];
  /** Members that run the task and are compared. */
  redundancy: number;
  /** The most that is paid for one run; null: only free members. Smallest unit of the currency. */
  priceCeiling: { amount: string; currency: string } | null;
  /** Arguments, environment, limits, mode, seed and clock, as the node's own schema has them. */
  spec: JsonObject;
};

/** A verified manifest. */
export interface VerifiedManifest {
  readonly manifest: Verified<TaskManifest>;
  /** Content id of the manifest. */
  readonly id: string;
  readonly keys: Verified<AgentKeys>;
  readonly envelope: Envelope;
}

const KEY_RULE = { max: IDEMPOTENCY_KEY_CHARS_MAX, pattern: /^[\x21-\x7e]+$/ };
const PEER_RULE = { max: 64, min: 46, pattern: /^[1-9A-HJ-NP-Za-km-z]+$/ };
const CURRENCY_RULE = { max: 16, pattern: /^[A-Za-z0-9._-]+$/ };
/** A CIDv1 in base32. */
const ROOT_RULE = { max: 64, min: 59, pattern: /^b[a-z2-7]+$/ };
const PART_MEMBERS = ['cid', 'bytes', 'artifact'];
const TASK_ID_RULE = { max: 64, pattern: /^[a-z0-9]+$/ };
/** A relative path without empty, `.` or `..` parts, in any line of it: what is below /in stays below /in. */
const PATH_RULE = { max: 1_024, pattern: /^(?!\/)(?!.*(?:^|\/)\.{0,2}(?:\/|$))[^\\]+$/s };

const MEMBERS = [
  'type',
  'version',
  'taskId',
  'idempotencyKey',
  'requester',
  'keychain',
  'peer',
  'issuedAt',
  'deadline',
  'module',
  'stdin',
  'inputs',
  'redundancy',
  'priceCeiling',
  'spec',
];

/** The id of a task: the same key of the same requester is the same task. */
export function taskIdOf(requester: AgentId, idempotencyKey: string): string {
  const bytes = canonicalJson(['zerostate-task/v1', requester, idempotencyKey]);
  return contentIdOf(sha256(bytes));
}

function readPart(fields: Fields): TaskPart {
  const cid = fields.raw('cid');
  if (typeof cid !== 'string' || !isContentId(cid)) fields.refuse('cid', 'is not a content id');
  const artifact = fields.optionalText('artifact', ROOT_RULE);
  return {
    cid,
    bytes: fields.integer('bytes', 0, TASK_PART_BYTES_MAX),
    ...(artifact === undefined ? {} : { artifact }),
  };
}

function readPrice(value: JsonValue): TaskManifest['priceCeiling'] {
  if (value === null) return null;
  const fields = new Fields(value, 'manifest.priceCeiling', ['amount', 'currency']);
  return { amount: fields.decimal('amount'), currency: fields.text('currency', CURRENCY_RULE) };
}

function readManifest(value: JsonValue): TaskManifest {
  const fields = new Fields(value, 'manifest', MEMBERS);
  const stdin = fields.raw('stdin');
  const spec = fields.raw('spec');
  if (!isJsonObject(spec)) return fields.refuse('spec', 'is not an object');
  const inputs = fields.list('inputs', { max: TASK_INPUTS_MAX }, (item, where) => {
    const part = new Fields(item, where, ['path', ...PART_MEMBERS]);
    return { path: part.text('path', PATH_RULE), ...readPart(part) };
  });
  if (new Set(inputs.map(({ path }) => path)).size !== inputs.length)
    fields.refuse('inputs', 'names one path twice');
  return {
    type: fields.constant('type', 'TaskManifest'),
    version: fields.constant('version', 1),
    taskId: fields.text('taskId', TASK_ID_RULE),
    idempotencyKey: fields.text('idempotencyKey', KEY_RULE),
    requester: requireAgentId(fields.raw('requester'), 'manifest.requester'),
    keychain: fields.raw('keychain') as unknown as KeychainJson,
    peer: fields.text('peer', PEER_RULE),
    issuedAt: fields.time('issuedAt'),
    deadline: fields.time('deadline'),
    module: readPart(new Fields(fields.raw('module'), 'manifest.module', PART_MEMBERS)),
    stdin: stdin === null ? null : readPart(new Fields(stdin, 'manifest.stdin', PART_MEMBERS)),
    inputs,
    redundancy: fields.integer('redundancy', 1, REDUNDANCY_MAX),
    priceCeiling: readPrice(fields.raw('priceCeiling')),
    spec,
  };
}

function checkAgreement(manifest: TaskManifest, keys: AgentKeys): void {
  const refuse = (message: string): never => {
    throw new ZeroError('MANIFEST_INVALID', message);
  };
  if (manifest.requester !== keys.agentId) refuse('the manifest names another requester than its keychain');
  if (manifest.taskId !== taskIdOf(manifest.requester, manifest.idempotencyKey))
    refuse('the task id does not follow from requester and idempotency key');
  const [issued, deadline] = [timeMs(manifest.issuedAt), timeMs(manifest.deadline)];
  if (deadline <= issued) refuse('the deadline is before the manifest was issued');
  if (deadline - issued > TASK_LIFETIME_MS_MAX) refuse('the deadline is more than a day away');
  if (issued < timeMs(keys.notBefore) || issued >= timeMs(keys.notAfter))
    refuse('the manifest is dated outside the delegation of its key');
}

export interface SignManifestInput
  extends Omit<TaskManifest, 'type' | 'version' | 'taskId' | 'requester' | 'keychain'> {
  readonly agent: { readonly keychain: Keychain };
  /** The requester's operational key. */
  readonly signer: Signer;
}

/** Signs a manifest; it is verified before it is returned. Errors as verifyManifest. */
export function signManifest({ agent, signer, ...rest }: SignManifestInput): VerifiedManifest {
  const keychain = keychainToJson(agent.keychain);
  const requester = verifyKeychainJson(keychain as unknown as JsonObject, 'keychain').agentId;
  const manifest: TaskManifest = {
    type: 'TaskManifest',
    version: 1,
    taskId: taskIdOf(requester, rest.idempotencyKey),
    requester,
    keychain,
    ...rest,
  };
  const envelope = keepSigned(() =>
    signEnvelope(
      {
        payloadType: TASK_MANIFEST_TYPE,
        payload: canonicalJson(manifest as unknown as JsonValue),
        signers: [signer],
      },
      { payloadBytesMax: MANIFEST_BYTES_MAX },
    ),
  );
  return verifyManifest(envelope);
}

/** Content id of a manifest. */
export function manifestIdOf(envelope: Envelope): string {
  return envelopeId(envelope);
}

/**
 * Verifies a manifest given as an envelope or as wire bytes. No clock: whether the deadline has passed is the caller's to ask.
 * Errors: MANIFEST_INVALID, KEYCHAIN_INVALID, SIGNATURE_INVALID, KEY_INVALID, DECODE_FAILED, LIMIT_EXCEEDED.
 */
export function verifyManifest(input: Envelope | Uint8Array): VerifiedManifest {
  const envelope =
    input instanceof Uint8Array ? decodeEnvelope(input, { payloadBytesMax: MANIFEST_BYTES_MAX }) : input;
  if (envelope.payloadType !== TASK_MANIFEST_TYPE)
    throw new ZeroError('DECODE_FAILED', 'the envelope does not hold a task manifest');
  const value = parseStrictJson(envelope.payload, {
    bytesMax: MANIFEST_BYTES_MAX,
    depthMax: MANIFEST_DEPTH_MAX,
  });
  // The keychain names the key, so it is read first, alone; all else is read after the signature held.
  const keys = verifyKeychainJson(isJsonObject(value) ? value.keychain : undefined, 'manifest.keychain');
  verifyExactly(envelope, operationalKeysOf(keys));
  const manifest = readManifest(value);
  checkAgreement(manifest, keys);
  return { manifest: markVerified(manifest), id: envelopeId(envelope), keys, envelope };
}
