// did:key names of Ed25519 keys (W3C did:key method, multicodec 0xed, base58btc).

import { base58btc } from 'multiformats/bases/base58';
import { concatBytes } from '../bytes/index.ts';
import { isSafePublicKey } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';

const PREFIX = 'did:key:';
const ED25519_MULTICODEC = Uint8Array.of(0xed, 0x01);
const PUBLIC_KEY_BYTES = 32;
/** Every did:key of an Ed25519 key has exactly this many characters. */
const DID_KEY_CHARS = 56;

/** Names and keys remembered, about 0.3 kB a pair: issuers repeat, and base58 costs more than a lookup. */
const REMEMBERED_MAX = 8_192;
const nameOfKey = new Map<string, string>();
const keyOfName = new Map<string, Uint8Array>();

function remember<T>(memory: Map<string, T>, name: string, value: T): T {
  if (memory.size >= REMEMBERED_MAX) memory.delete(memory.keys().next().value as string);
  memory.set(name, value);
  return value;
}

/** did:key:z6Mk… of a 32-byte Ed25519 public key. Error: KEY_INVALID when the key is malformed or of small order. */
export function didKeyOf(publicKey: Uint8Array): string {
  const raw = publicKey.length === PUBLIC_KEY_BYTES ? String.fromCharCode(...publicKey) : '';
  const known = nameOfKey.get(raw);
  if (known !== undefined) return known;
  if (!isSafePublicKey(publicKey))
    throw new ZeroError('KEY_INVALID', 'Ed25519 public key is malformed, non-canonical or has torsion');
  return remember(nameOfKey, raw, PREFIX + base58btc.encode(concatBytes(ED25519_MULTICODEC, publicKey)));
}

function decodeDidKey(did: string): Uint8Array {
  if (did.length !== DID_KEY_CHARS || !did.startsWith(`${PREFIX}z6Mk`))
    throw new ZeroError('KEY_INVALID', 'text is not the did:key of an Ed25519 key');
  let bytes: Uint8Array;
  try {
    bytes = base58btc.decode(did.slice(PREFIX.length));
  } catch (cause) {
    throw new ZeroError('KEY_INVALID', 'did:key is not base58', { cause });
  }
  if (
    bytes.length !== PUBLIC_KEY_BYTES + 2 ||
    bytes[0] !== ED25519_MULTICODEC[0] ||
    bytes[1] !== ED25519_MULTICODEC[1]
  ) {
    throw new ZeroError('KEY_INVALID', 'did:key does not hold an Ed25519 key');
  }
  const publicKey = bytes.slice(2);
  if (!isSafePublicKey(publicKey))
    throw new ZeroError('KEY_INVALID', 'Ed25519 public key is malformed, non-canonical or has torsion');
  return publicKey;
}

/** The 32-byte Ed25519 public key of a did:key, a fresh copy. Error: KEY_INVALID for any other text, codec or unsafe key. */
export function publicKeyOfDidKey(did: string): Uint8Array {
  const known = keyOfName.get(did);
  if (known !== undefined) return known.slice();
  const key = remember(keyOfName, did, decodeDidKey(did));
  // A key has one name: base58 of so many bytes is unique. Who reads a name soon writes it, to compare it with a signature's.
  remember(nameOfKey, String.fromCharCode(...key), did);
  return key.slice();
}
