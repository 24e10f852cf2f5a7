// Crypto adapter over node:crypto: about eleven times faster than pure JavaScript on verification.
// The only file of protocol/ that may import a node: module.

import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { RecentMap } from '../bounded/index.ts';
import { checksRemembered, isCheckRemembered, rememberCheck } from './check-memory.ts';
import {
  hasMlDsa65Shape,
  ML_DSA_65_PUBLIC_KEY_BYTES,
  mlDsa65KeyOfSeed,
  signMlDsa65,
  verifyMlDsa65 as verifyMlDsa65InJavaScript,
} from './ml-dsa.ts';
import type { CryptoPort, SignatureCheck } from './port.ts';
import { hasCanonicalShape, isKeySafe } from './strictness.ts';
import { isOfPrimeOrder } from './subgroup.ts';

const DIGEST_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;
/** Key objects remembered; the issuers of a busy node, at about 1 kB each. */
const KEY_CACHE_MAX = 4096;
const PKCS8_PREFIX = Uint8Array.fromHex('302e020100300506032b657004220420');
const SPKI_PREFIX = Uint8Array.fromHex('302a300506032b6570032100');

function withPrefix(prefix: Uint8Array, body: Uint8Array): Buffer {
  return Buffer.concat([prefix, body]);
}

/** A private key, and the 32 bytes of the public one. */
interface KeyPair {
  readonly key: KeyObject;
  readonly publicKey: Uint8Array;
}

// By identity of the array, and gone with it: a signer keeps its seed, and importing it costs more than signing.
const keyPairs = new WeakMap<Uint8Array, KeyPair>();

function keyPair(seed: Uint8Array): KeyPair {
  const cached = keyPairs.get(seed);
  if (cached !== undefined) return cached;
  const key = createPrivateKey({ key: withPrefix(PKCS8_PREFIX, seed), format: 'der', type: 'pkcs8' });
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const made: KeyPair = { key, publicKey: new Uint8Array(der.subarray(der.length - PUBLIC_KEY_BYTES)) };
  keyPairs.set(seed, made);
  return made;
}

const SPKI_PREFIX_ML_DSA_65 = Uint8Array.fromHex('308207b2300b0609608648016503040312038207a100');

function mlDsaKeyObject(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: withPrefix(SPKI_PREFIX_ML_DSA_65, raw), format: 'der', type: 'spki' });
}

// OpenSSL before 3.5 does not know ML-DSA. Any 1,952 bytes are a well-formed public key.
let nativeMlDsa: boolean | undefined;
function hasNativeMlDsa(): boolean {
  if (nativeMlDsa === undefined) {
    try {
      mlDsaKeyObject(new Uint8Array(ML_DSA_65_PUBLIC_KEY_BYTES));
      nativeMlDsa = true;
    } catch {
      nativeMlDsa = false;
    }
  }
  return nativeMlDsa;
}

const publicKeys = new Map<string, KeyObject>();

// Importing a key costs about as much as verifying with it, and the same issuers sign again and again.
function publicKeyObject(raw: Uint8Array): KeyObject {
  const name = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1', 0, 32);
  const cached = publicKeys.get(name);
  if (cached !== undefined) return cached;
  const made = createPublicKey({ key: withPrefix(SPKI_PREFIX, raw), format: 'der', type: 'spki' });
  if (publicKeys.size >= KEY_CACHE_MAX) publicKeys.delete(publicKeys.keys().next().value as string);
  publicKeys.set(name, made);
  return made;
}

// One-shot and as a string: a third of the time of createHash, and of a digest in a Buffer, for inputs of tree-node size.
function digestInto(bytes: Uint8Array, target: Uint8Array, at: number): void {
  const text = hash('sha256', bytes, 'binary');
  for (let i = 0; i < DIGEST_BYTES; i++) target[at + i] = text.charCodeAt(i);
}

function digest(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(DIGEST_BYTES);
  digestInto(bytes, out, 0);
  return out;
}

/** Checks remembered at once: four full tails. Each holds a copy of its message until the verification that uses it takes it away. */
const PRIMED_MAX = 4096;
/** Bytes of the messages of these, four kilobytes each: what nobody comes for makes room, however long the messages are. */
const PRIMED_BYTES_MAX = 16 * 1024 * 1024;
/** Longest message, in bytes, whose signature is remembered for who reads it back at once, or kept: receipts, manifests and heads are shorter. */
const SIGNED_BYTES_MAX = 16 * 1024;
/** Key and signature (both of fixed length) to the message that they are good for. */
const primed = new Map<string, Uint8Array>();
let primedBytes = 0;
/**
 * Checks kept for who does them again at once, at some 0.6 kB each: the signatures of sixty heads with fifteen cosignatures, which ten peers bring
 * in the same seconds. They are taken away by none of these, so that they have a bound of their own, which is soon reached.
 */
export const KEPT_CHECKS_MAX = 1_024;
const keptChecks = new RecentMap<string, Uint8Array>(KEPT_CHECKS_MAX);

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function nameOfCheck(publicKey: Uint8Array, signature: Uint8Array): string {
  return latin1(publicKey) + latin1(signature);
}

function isPrimed(name: string, message: Uint8Array): boolean {
  const known = primed.get(name) ?? keptChecks.get(name);
  return known !== undefined && Buffer.compare(known, message) === 0;
}

/** True while keepEd25519 runs, while rememberEd25519 does, and while keepSigned does. */
let isKeeping = false;
let isRemembering = false;
let isKeepingSigned = false;

function takePrimed(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const name = nameOfCheck(publicKey, signature);
  const known = primed.get(name) ?? keptChecks.get(name);
  if (known === undefined || Buffer.compare(known, message) !== 0) return false;
  dropPrimed(name);
  if (isKeeping && !isRemembering) keepCheck(name, known);
  return true;
}

function keepCheck(name: string, message: Uint8Array): void {
  if (message.length <= SIGNED_BYTES_MAX) keptChecks.set(name, message);
  else addPrimed(name, message);
}

function addPrimed(name: string, message: Uint8Array): void {
  dropPrimed(name);
  primed.set(name, message);
  primedBytes += message.length;
  for (const oldest of primed.keys()) {
    if (primed.size <= PRIMED_MAX && primedBytes <= PRIMED_BYTES_MAX) return;
    dropPrimed(oldest);
  }
}

function dropPrimed(name: string): boolean {
  const known = primed.get(name);
  if (known === undefined) return keptChecks.delete(name);
  primedBytes -= known.length;
  return primed.delete(name);
}

/** Bytes of the place where a check is put together: statements are shorter, and a longer one gets a place of its own. */
const CHECK_BYTES = 8_192;
const checkPlace = new Uint8Array(CHECK_BYTES);

/** Of fixed lengths but for the message, which comes last: no two checks have the same bytes. */
function checkDigest(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): string {
  const size = publicKey.length + signature.length + message.length;
  const place = size <= CHECK_BYTES ? checkPlace : new Uint8Array(size);
  place.set(publicKey);
  place.set(signature, publicKey.length);
  place.set(message, publicKey.length + signature.length);
  return hash('sha256', place.subarray(0, size), 'binary');
}

function isSafePublicKey(publicKey: Uint8Array): boolean {
  return isKeySafe(publicKey, isOfPrimeOrder);
}

async function primeOne({ publicKey, message, signature }: SignatureCheck, isKept: boolean): Promise<void> {
  if (!hasCanonicalShape(publicKey, signature) || !isSafePublicKey(publicKey)) return;
  const name = nameOfCheck(publicKey, signature);
  if (!isKept && isPrimed(name, message)) return;
  // What is checked and remembered is this copy: a later change of the caller's bytes is another message.
  const copy = message.slice();
  const kept = isKept ? checkDigest(publicKey, copy, signature) : undefined;
  const isGood =
    (kept !== undefined && isCheckRemembered(kept)) ||
    (await new Promise<boolean>((resolve) => {
      verify(null, copy, publicKeyObject(publicKey), signature, (error, good) =>
        resolve(error === null && good),
      );
    }));
  if (!isGood) return;
  addPrimed(name, copy);
  if (kept !== undefined) rememberCheck(kept);
}

export const crypto: CryptoPort = {
  name: 'node:crypto',
  isSafePublicKey,
  sha256: digest,
  sha256Into: digestInto,
  signEd25519(seed, message) {
    const { key, publicKey } = keyPair(seed);
    if (!isKeepingSigned || message.length > SIGNED_BYTES_MAX)
      return new Uint8Array(sign(null, message, key));
    // What is signed and remembered is this copy: a later change of the caller's bytes is another message.
    const copy = message.slice();
    const signature = new Uint8Array(sign(null, copy, key));
    addPrimed(nameOfCheck(publicKey, signature), copy);
    return signature;
  },
  publicKeyOfSeed: (seed) => keyPair(seed).publicKey.slice(),
  verifyEd25519(publicKey, message, signature) {
    if (!hasCanonicalShape(publicKey, signature) || !isSafePublicKey(publicKey)) return false;
    const isDone = primed.size + keptChecks.size > 0 && takePrimed(publicKey, message, signature);
    if (isDone && !isRemembering) return true;
    const kept =
      isRemembering || checksRemembered() > 0 ? checkDigest(publicKey, message, signature) : undefined;
    if (isDone && kept !== undefined) rememberCheck(kept);
    if (kept !== undefined && isCheckRemembered(kept)) return true;
    try {
      const isGood = verify(null, message, publicKeyObject(publicKey), signature);
      if (isGood && kept !== undefined && isRemembering) rememberCheck(kept);
      else if (isGood && isKeeping) keepCheck(nameOfCheck(publicKey, signature), message.slice());
      return isGood;
    } catch {
      return false;
    }
  },
  keepEd25519(work) {
    const before = isKeeping;
    isKeeping = true;
    try {
      return work();
    } finally {
      isKeeping = before;
    }
  },
  keepSigned(work) {
    const before = isKeepingSigned;
    isKeepingSigned = true;
    try {
      return work();
    } finally {
      isKeepingSigned = before;
    }
  },
  rememberEd25519(work) {
    const before = isRemembering;
    isRemembering = true;
    try {
      return work();
    } finally {
      isRemembering = before;
    }
  },
  async primeEd25519(checks, { isKept = false } = {}) {
    await Promise.all(checks.slice(0, PRIMED_MAX).map((check) => primeOne(check, isKept)));
  },
  isEd25519Kept: ({ publicKey, message, signature }) =>
    hasCanonicalShape(publicKey, signature) && isCheckRemembered(checkDigest(publicKey, message, signature)),
  // OpenSSL signs with fresh entropy each time; the JavaScript one is deterministic, as the port promises.
  signMlDsa65,
  mlDsa65KeyOfSeed,
  verifyMlDsa65(publicKey, message, signature) {
    if (!hasMlDsa65Shape(publicKey, signature)) return false;
    if (!hasNativeMlDsa()) return verifyMlDsa65InJavaScript(publicKey, message, signature);
    try {
      return verify(null, message, mlDsaKeyObject(publicKey), signature);
    } catch {
      return false;
    }
  },
};
