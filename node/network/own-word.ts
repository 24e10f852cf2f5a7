// What a node says of itself, signed by the key that its peer id names: the form of such a word, how it is signed and how it is checked.
// Nobody can speak for another node, and no list of keys is asked for.

import type { Static, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { utf8 } from '../../protocol/bytes/index.ts';
import {
  decodeEnvelope,
  encodeEnvelope,
  seedSigner,
  signEnvelope,
  verifyEnvelope,
} from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { parseStrictJson } from '../../protocol/json/index.ts';
import { keyOfPeerId } from '../../protocol/log/index.ts';

/** Validators by schema: one for each kind of word, made when the first comes. */
const validators = new WeakMap<TSchema, Validator>();

function hasForm<Schema extends TSchema>(schema: Schema, claim: unknown): claim is Static<Schema> {
  const validator = validators.get(schema) ?? Compile(schema);
  validators.set(schema, validator);
  return validator.Check(claim);
}

/** One kind of word. */
export interface WordForm<Schema extends TSchema> {
  /** Payload type of its envelope. */
  readonly type: string;
  readonly schema: Schema;
  /** How people call it, with its article. */
  readonly name: string;
  /** Longest that is read, in bytes on the wire. */
  readonly bytesMax: number;
  /** The peer id of who says it. */
  readonly speaker: (claim: Static<Schema>) => string;
}

/** Signs a word with the node's seed; answers its wire bytes. */
export function signWord<Schema extends TSchema>(
  { type }: WordForm<Schema>,
  claim: Static<Schema>,
  seed: Uint8Array,
): Uint8Array {
  const payload = utf8(JSON.stringify(claim));
  return encodeEnvelope(signEnvelope({ payloadType: type, payload, signers: [seedSigner(seed)] }));
}

/** Checks wire bytes. Throws SIGNATURE_INVALID or DECODE_FAILED. */
export function verifyWord<Schema extends TSchema>(
  { bytesMax, name, schema, speaker, type }: WordForm<Schema>,
  bytes: Uint8Array,
): Static<Schema> {
  if (bytes.length > bytesMax) throw new ZeroError('DECODE_FAILED', `${name} is too long`);
  const envelope = decodeEnvelope(bytes);
  if (envelope.payloadType !== type) throw new ZeroError('DECODE_FAILED', `not ${name}`);
  // The signer is named by the payload itself (the peer id is its key), so this one object is read before it is verified.
  const claim: unknown = parseStrictJson(envelope.payload);
  if (!hasForm(schema, claim)) throw new ZeroError('DECODE_FAILED', `${name} has a wrong form`);
  verifyEnvelope(envelope, { keys: [keyOfPeerId(speaker(claim))] });
  return claim;
}
