// RFC 9942 COSE receipts of inclusion (RFC9162_SHA256), for verifiers that speak COSE and not C2SP. The log's key signs the tree's
// root, detached; the payload is never sent, so a verifier must compute it from the leaf.

import { CborReader, CborWriter } from '../cbor/index.ts';
import { verifyEd25519 } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';
import { inclusionRoot } from './check.ts';
import { HASH_BYTES, requireHash } from './hash.ts';
import { NOTE_ED25519, NOTE_NAME_CHARS_MAX, type NoteSigner, noteKeyId } from './note.ts';
import { INCLUSION_ELEMENTS_MAX } from './proof-file.ts';
import { requireSize, TREE_SIZE_MAX } from './size.ts';

const COSE_SIGN1_TAG = 18;
const LABEL_ALG = 1;
const LABEL_KID = 4;
const LABEL_CWT_CLAIMS = 15;
const LABEL_VDS = 395;
const LABEL_VDP = 396;
const ALG_EDDSA = -8;
const VDS_RFC9162_SHA256 = 1;
const PROOF_INCLUSION = -1;
const CLAIM_ISSUER = 1;
const CLAIM_SIZE = 'size';
const SIGNATURE_BYTES = 64;
const KEY_ID_BYTES = 4;
/** Bytes of the protected header: an origin and five small members. */
const PROTECTED_BYTES_MAX = 64 + NOTE_NAME_CHARS_MAX;
/** Bytes of the inclusion proof: 53 hashes with their heads, and two numbers. */
const PROOF_BYTES_MAX = 4096;

interface Header {
  readonly keyId: Uint8Array;
  readonly origin: string;
  readonly size: number;
}

/** What a receipt says: the leaf at this index is in the tree of this size, whose root the log's key signed. */
export interface CoseReceipt {
  readonly origin: string;
  readonly size: number;
  readonly index: number;
  readonly proof: readonly Uint8Array[];
  /** Key id in the protected header: the first four bytes of the signed-note key id. */
  readonly keyId: Uint8Array;
}

// {1: -8, 4: kid, 15: {1: origin, "size": n}, 395: 1}: labels in the order of their encoded bytes (RFC 8949 section 4.2.1).
// The root alone does not bind the size: trees of two sizes can share a path. So the claims name log and size, and are signed.
function protectedHeader(header: Header): Uint8Array {
  const out = new CborWriter().map(4).int(LABEL_ALG).int(ALG_EDDSA).int(LABEL_KID).bytes(header.keyId);
  out.int(LABEL_CWT_CLAIMS).map(2).int(CLAIM_ISSUER).text(header.origin).text(CLAIM_SIZE).int(header.size);
  return out.int(LABEL_VDS).int(VDS_RFC9162_SHA256).finish();
}

function signedBytes(header: Uint8Array, root: Uint8Array): Uint8Array {
  return new CborWriter()
    .array(4)
    .text('Signature1')
    .bytes(header)
    .bytes(new Uint8Array(0))
    .bytes(root)
    .finish();
}

/** Encodes a receipt, signed by the log's key over the root. RFC 9942 has no empty path: a tree of one leaf has no receipt. */
export function exportCoseReceipt(input: {
  origin: string;
  size: number;
  index: number;
  proof: readonly Uint8Array[];
  root: Uint8Array;
  signer: NoteSigner;
}): Uint8Array {
  const { origin, size, index, proof, root, signer } = input;
  if (proof.length === 0)
    throw new ZeroError('DECODE_FAILED', 'a COSE receipt needs a tree of two leaves or more');
  const keyId = noteKeyId({ name: origin, type: NOTE_ED25519, publicKey: signer.publicKey });
  const header = protectedHeader({ keyId, origin, size: requireSize(size, 'tree size') });
  const path = new CborWriter().array(3).int(size).int(requireSize(index, 'leaf index')).array(proof.length);
  for (const element of proof) path.bytes(requireHash(element, 'proof element'));
  return new CborWriter()
    .tag(COSE_SIGN1_TAG)
    .array(4)
    .bytes(header)
    .map(1)
    .int(LABEL_VDP)
    .map(1)
    .int(PROOF_INCLUSION)
    .array(1)
    .bytes(path.finish())
    .null()
    .bytes(signer.sign(signedBytes(header, requireHash(root, 'root'))))
    .finish();
}

/** Checks a receipt for a leaf under the log's key. Throws DECODE_FAILED, LIMIT_EXCEEDED, PROOF_INVALID or SIGNATURE_INVALID. */
export function verifyCoseReceipt(
  bytes: Uint8Array,
  expected: { leafHash: Uint8Array; publicKey: Uint8Array },
): CoseReceipt {
  const reader = new CborReader(bytes);
  reader.tag(COSE_SIGN1_TAG, 'COSE_Sign1');
  reader.tuple(4, 'COSE_Sign1');
  const header = reader.bytes(PROTECTED_BYTES_MAX, 'protected header');
  const claims = readHeader(header);
  reader.map(1, 'unprotected header');
  reader.intKey(LABEL_VDP);
  reader.map(1, 'proofs');
  reader.intKey(PROOF_INCLUSION);
  reader.tuple(1, 'inclusion proofs');
  const { size, index, proof } = readPath(reader.bytes(PROOF_BYTES_MAX, 'inclusion proof'));
  reader.null('payload');
  const signature = reader.exactBytes(SIGNATURE_BYTES, 'signature');
  reader.end();
  if (claims.size !== size)
    throw new ZeroError('PROOF_INVALID', 'the proof is of another size than the receipt');
  const root = inclusionRoot({ leafHash: expected.leafHash, index, size, proof });
  if (!verifyEd25519(expected.publicKey, signedBytes(header, root), signature)) {
    throw new ZeroError('SIGNATURE_INVALID', 'the receipt does not verify for this leaf and key');
  }
  return { origin: claims.origin, size, index, proof, keyId: claims.keyId };
}

function readHeader(header: Uint8Array): Header {
  const reader = new CborReader(header);
  reader.map(4, 'protected header');
  reader.intKey(LABEL_ALG);
  reader.intKey(ALG_EDDSA);
  reader.intKey(LABEL_KID);
  const keyId = reader.exactBytes(KEY_ID_BYTES, 'key id');
  reader.intKey(LABEL_CWT_CLAIMS);
  reader.map(2, 'claims');
  reader.intKey(CLAIM_ISSUER);
  const origin = reader.text(NOTE_NAME_CHARS_MAX, 'issuer');
  reader.key(CLAIM_SIZE);
  const size = reader.uint(TREE_SIZE_MAX, 'size');
  reader.intKey(LABEL_VDS);
  reader.intKey(VDS_RFC9162_SHA256);
  reader.end();
  return { keyId, origin, size };
}

function readPath(bytes: Uint8Array): { size: number; index: number; proof: Uint8Array[] } {
  const reader = new CborReader(bytes);
  reader.tuple(3, 'inclusion proof');
  const size = reader.uint(TREE_SIZE_MAX, 'tree size');
  const index = reader.uint(TREE_SIZE_MAX, 'leaf index');
  const length = reader.array(INCLUSION_ELEMENTS_MAX, 'inclusion path');
  const proof: Uint8Array[] = [];
  for (let i = 0; i < length; i++) proof.push(reader.exactBytes(HASH_BYTES, 'proof element'));
  reader.end();
  return { size, index, proof };
}
