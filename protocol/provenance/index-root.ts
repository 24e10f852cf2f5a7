// The root of the committed index of a log: a small envelope, signed by the log's own key and appended to the log itself. From then on the
// log cannot say that it holds less about a thing than the index says, nor show two indexes for one size.

import { equalBytes, fromHex, toHex } from '../bytes/index.ts';
import {
  decodeEnvelope,
  type Envelope,
  type Signer,
  signEnvelope,
  verifyExactly,
} from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { Fields } from '../fields/index.ts';
import { canonicalJson, parseStrictJson } from '../json/index.ts';
import { HASH_BYTES, originKey } from '../log/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { INDEX_KEYS_MAX } from './limits.ts';

/** DSSE payload type of an index root. */
export const INDEX_ROOT_TYPE = 'application/vnd.zerostate.provenance-index.v1+json';
/** Bytes of its payload; there is one number and one hash in it. */
const PAYLOAD_BYTES_MAX = 1_024;

/** The index of the first `size` entries of a log. */
export interface IndexRoot {
  readonly origin: string;
  readonly size: number;
  readonly keys: number;
  readonly root: Uint8Array;
}

/** Signs an index root with the log's key. */
export function signIndexRoot(index: IndexRoot, signer: Signer): Envelope {
  const { origin, size, keys, root } = index;
  const payload = canonicalJson({ type: 'ProvenanceIndex', origin, size, keys, root: toHex(root) });
  return signEnvelope({ payloadType: INDEX_ROOT_TYPE, payload, signers: [signer] });
}

/**
 * Verifies an index root under the key that its log's origin names. Throws SIGNATURE_INVALID, KEY_INVALID, DECODE_FAILED or
 * LIMIT_EXCEEDED.
 */
export function verifyIndexRoot(input: Envelope | Uint8Array, origin: string): Verified<IndexRoot> {
  const envelope = input instanceof Uint8Array ? decodeEnvelope(input) : input;
  if (envelope.payloadType !== INDEX_ROOT_TYPE)
    throw new ZeroError('DECODE_FAILED', 'the envelope does not hold an index root');
  verifyExactly(envelope, [originKey(origin)]);
  const value = parseStrictJson(envelope.payload, { bytesMax: PAYLOAD_BYTES_MAX });
  const fields = new Fields(value, 'index root', ['type', 'origin', 'size', 'keys', 'root']);
  fields.constant('type', 'ProvenanceIndex');
  fields.constant('origin', origin);
  const root = fromHex(
    fields.text('root', { max: HASH_BYTES * 2, min: HASH_BYTES * 2, pattern: /^[0-9a-f]+$/ }),
  );
  const index = {
    origin,
    size: fields.integer('size', 0),
    keys: fields.integer('keys', 0, INDEX_KEYS_MAX),
    root,
  };
  if (!equalBytes(canonicalJson(value), envelope.payload))
    throw new ZeroError('DECODE_FAILED', 'an index root is in canonical form');
  return markVerified(index);
}

/** True for an envelope that says it holds an index root. */
export function isIndexRoot(envelope: Pick<Envelope, 'payloadType'>): boolean {
  return envelope.payloadType === INDEX_ROOT_TYPE;
}
