// JSON Web Signatures with a detached payload, as A2A cards carry them: EdDSA (Ed25519) and, for reading, ES256.
// A key is never fetched: `jku` and `x5u` are ignored, a `kid` finds a key only among did:keys and what the caller trusts.

import { concatBytes, fromUtf8, utf8 } from '../bytes/index.ts';
import { verifyEd25519 } from '../crypto/index.ts';
import { publicKeyOfDidKey, type Signer, verifyP256 } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from '../json/index.ts';
import { fromBase64url, toBase64url } from './base64url.ts';
import { JWS_HEADER_CHARS_MAX } from './limits.ts';
import type { A2aSignature, TrustedJwk } from './types.ts';

/** Who made a signature that verified. */
export interface JwsSigner {
  readonly alg: 'EdDSA' | 'ES256';
  readonly kid: string;
  /** 'did:key' when the key id is the key itself, 'trusted' when the caller vouched for the key. */
  readonly source: 'did:key' | 'trusted';
}

function signingInput(header: string, payload: Uint8Array): Uint8Array {
  return utf8(`${header}.${toBase64url(payload)}`);
}

/** Signs payload bytes with an Ed25519 signer whose key id is a did:key. */
export function signJws(payload: Uint8Array, signer: Signer): A2aSignature {
  const header = toBase64url(canonicalJson({ alg: 'EdDSA', kid: signer.keyid, typ: 'JOSE' }));
  return { protected: header, signature: toBase64url(signer.sign(signingInput(header, payload))) };
}

function readHeader(text: string): JsonObject {
  if (text.length > JWS_HEADER_CHARS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `JWS header is longer than ${JWS_HEADER_CHARS_MAX} characters`);
  const header = parseStrictJson(fromUtf8(fromBase64url(text)), { depthMax: 4 });
  if (!isJsonObject(header)) throw new ZeroError('DECODE_FAILED', 'JWS header is not an object');
  // RFC 7515: who does not understand a critical parameter must refuse. We understand none, and b64=false changes the payload.
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64'))
    throw new ZeroError('SIGNATURE_INVALID', 'JWS header has critical parameters');
  return header;
}

function coordinate(jwk: JsonObject, name: string): Uint8Array {
  const bytes = typeof jwk[name] === 'string' ? fromBase64url(jwk[name]) : new Uint8Array();
  if (bytes.length !== 32) throw new ZeroError('KEY_INVALID', `JWK member ${name} is not 32 bytes`);
  return bytes;
}

function verifyWithJwk(
  alg: JsonValue | undefined,
  jwk: JsonObject,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (alg === 'EdDSA' && jwk.kty === 'OKP' && jwk.crv === 'Ed25519')
    return verifyEd25519(coordinate(jwk, 'x'), message, signature);
  if (alg !== 'ES256' || jwk.kty !== 'EC' || jwk.crv !== 'P-256' || signature.length !== 64) return false;
  return verifyP256(
    concatBytes(Uint8Array.of(4), coordinate(jwk, 'x'), coordinate(jwk, 'y')),
    message,
    signature,
  );
}

/**
 * Verifies one signature over payload bytes. Errors: SIGNATURE_INVALID (also for an unknown key or algorithm), KEY_INVALID,
 * DECODE_FAILED, LIMIT_EXCEEDED.
 */
export function verifyJws(
  entry: JsonValue,
  payload: Uint8Array,
  trusted: readonly TrustedJwk[] = [],
): JwsSigner {
  if (!isJsonObject(entry) || typeof entry.protected !== 'string' || typeof entry.signature !== 'string')
    throw new ZeroError('DECODE_FAILED', 'JWS has not the flattened form');
  const { alg, kid } = readHeader(entry.protected);
  if (typeof kid !== 'string' || kid === '')
    throw new ZeroError('SIGNATURE_INVALID', 'JWS header names no key');
  const message = signingInput(entry.protected, payload);
  const signature = fromBase64url(entry.signature);
  const known = trusted.find((key) => key.kid === kid);
  if (known !== undefined) {
    if (!verifyWithJwk(alg, known.jwk, message, signature))
      throw new ZeroError('SIGNATURE_INVALID', 'JWS does not verify under the trusted key');
    return { alg: alg as JwsSigner['alg'], kid, source: 'trusted' };
  }
  if (!kid.startsWith('did:key:'))
    throw new ZeroError('SIGNATURE_INVALID', 'JWS names a key that is neither a did:key nor trusted');
  if (alg !== 'EdDSA' || !verifyEd25519(publicKeyOfDidKey(kid), message, signature))
    throw new ZeroError('SIGNATURE_INVALID', 'JWS does not verify under its did:key');
  return { alg, kid, source: 'did:key' };
}
