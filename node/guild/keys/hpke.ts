// HPKE, base mode (RFC 9180), of the one suite of guilds: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, over the platform's synchronous
// crypto. The library's own crosses to another thread some fifteen times for each message. Must not: keep a secret beyond its call.

import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, randomBytes } from 'node:crypto';
import type { Hpke, PrivateKey, PublicKey } from 'ts-mls';
import { concatBytes, utf8 } from '../../../protocol/bytes/index.ts';
import { expand, mac, open, seal } from './primitives.ts';

const KEY_BYTES = 32;
const AEAD_KEY_BYTES = 16;
const NONCE_BYTES = 12;
/** Identifiers of RFC 9180, section 7: the KEM, the KDF, the AEAD. */
const KEM_ID = Uint8Array.of(0x00, 0x20);
const KEM_SUITE = concatBytes(utf8('KEM'), KEM_ID);
const HPKE_SUITE = concatBytes(utf8('HPKE'), KEM_ID, Uint8Array.of(0x00, 0x01, 0x00, 0x01));
const VERSION = utf8('HPKE-v1');
const MODE_BASE = Uint8Array.of(0);
const PKCS8_PREFIX = Uint8Array.fromHex('302e020100300506032b656e04220420');
const SPKI_PREFIX = Uint8Array.fromHex('302a300506032b656e032100');
const none = new Uint8Array();

/** What the library passes around unseen as a key. */
interface Public {
  readonly key: KeyObject;
  readonly raw: Uint8Array;
}
type Secret = Public;

const asPublic = (key: PublicKey) => key as unknown as Public;
const asSecret = (key: PrivateKey) => key as unknown as Secret;

function publicOf(raw: Uint8Array): Public {
  if (raw.length !== KEY_BYTES) throw new Error('an X25519 public key has 32 bytes');
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
  return { key, raw: raw.slice() };
}

function secretOf(raw: Uint8Array): Secret {
  if (raw.length !== KEY_BYTES) throw new Error('an X25519 private key has 32 bytes');
  const der = Buffer.concat([PKCS8_PREFIX, raw]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { key, raw: new Uint8Array(spki.subarray(-KEY_BYTES)) };
}

function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  return mac(salt, concatBytes(VERSION, suite, utf8(label), ikm));
}

function labeledExpand(
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const size = Uint8Array.of(length >> 8, length & 0xff);
  return expand(prk, concatBytes(size, VERSION, suite, utf8(label), info), length);
}

/** The shared secret of section 4.1. Throws for a public key of small order. */
function sharedSecret(
  secret: KeyObject,
  other: KeyObject,
  enc: Uint8Array,
  receiver: Uint8Array,
): Uint8Array {
  const dh = new Uint8Array(diffieHellman({ privateKey: secret, publicKey: other }));
  if (dh.every((byte) => byte === 0)) throw new Error('the public key is of small order');
  const prk = labeledExtract(KEM_SUITE, none, 'eae_prk', dh);
  dh.fill(0);
  return labeledExpand(KEM_SUITE, prk, 'shared_secret', concatBytes(enc, receiver), KEY_BYTES);
}

/** The key schedule of section 5.1, in base mode. */
function schedule(shared: Uint8Array, info: Uint8Array) {
  const context = concatBytes(
    MODE_BASE,
    labeledExtract(HPKE_SUITE, none, 'psk_id_hash', none),
    labeledExtract(HPKE_SUITE, none, 'info_hash', info),
  );
  const secret = labeledExtract(HPKE_SUITE, shared, 'secret', none);
  shared.fill(0);
  const part = (label: string, length: number) => labeledExpand(HPKE_SUITE, secret, label, context, length);
  return {
    key: part('key', AEAD_KEY_BYTES),
    nonce: part('base_nonce', NONCE_BYTES),
    exporter: part('exp', 32),
  };
}

function toReceiver(receiver: Public, info: Uint8Array, ephemeral: Secret) {
  const shared = sharedSecret(ephemeral.key, receiver.key, ephemeral.raw, receiver.raw);
  return { enc: ephemeral.raw, ...schedule(shared, info) };
}

function fromSender(own: Secret, enc: Uint8Array, info: Uint8Array) {
  return schedule(sharedSecret(own.key, publicOf(enc).key, enc, own.raw), info);
}

function fresh(): Secret {
  const raw = new Uint8Array(randomBytes(KEY_BYTES));
  const secret = secretOf(raw);
  raw.fill(0);
  return secret;
}

function pairOf(secret: Secret): { privateKey: PrivateKey; publicKey: PublicKey } {
  return {
    privateKey: secret as unknown as PrivateKey,
    publicKey: publicOf(secret.raw) as unknown as PublicKey,
  };
}

const exported = (exporter: Uint8Array, context: Uint8Array, length: number) =>
  labeledExpand(HPKE_SUITE, exporter, 'sec', context, length);

/** Encrypts to one receiver. `ephemeral` is for the published vectors alone: it must be fresh for every message. */
export function sealTo(
  receiver: Uint8Array,
  message: { plain: Uint8Array; info: Uint8Array; aad: Uint8Array },
  ephemeral: Uint8Array | null = null,
): { ct: Uint8Array; enc: Uint8Array } {
  const { enc, key, nonce } = toReceiver(
    publicOf(receiver),
    message.info,
    ephemeral === null ? fresh() : secretOf(ephemeral),
  );
  return { ct: seal(key, nonce, message.aad, message.plain), enc };
}

/** The library's interface to it. */
export const hpke: Hpke = {
  keyLength: AEAD_KEY_BYTES,
  nonceLength: NONCE_BYTES,
  seal: async (receiver, plain, info, aad) =>
    sealTo(asPublic(receiver).raw, { plain, info, aad: aad ?? none }),
  open: async (own, enc, sealed, info, aad) => {
    const { key, nonce } = fromSender(asSecret(own), enc, info);
    return open(key, nonce, aad ?? none, sealed);
  },
  exportSecret: async (receiver, context, length, info) => {
    const { enc, exporter } = toReceiver(asPublic(receiver), info, fresh());
    return { enc, secret: exported(exporter, context, length) };
  },
  importSecret: async (own, context, enc, length, info) =>
    exported(fromSender(asSecret(own), enc, info).exporter, context, length),
  importPrivateKey: async (raw) => secretOf(raw) as unknown as PrivateKey,
  importPublicKey: async (raw) => publicOf(raw) as unknown as PublicKey,
  exportPublicKey: async (key) => asPublic(key).raw.slice(),
  exportPrivateKey: async (key) => {
    const der = asSecret(key).key.export({ format: 'der', type: 'pkcs8' });
    const raw = new Uint8Array(der.subarray(-KEY_BYTES));
    der.fill(0);
    return raw;
  },
  encryptAead: async (key, nonce, aad, plain) => seal(key, nonce, aad ?? none, plain),
  decryptAead: async (key, nonce, aad, sealed) => open(key, nonce, aad ?? none, sealed),
  deriveKeyPair: async (ikm) => {
    const prk = labeledExtract(KEM_SUITE, none, 'dkp_prk', ikm);
    const raw = labeledExpand(KEM_SUITE, prk, 'sk', none, KEY_BYTES);
    const pair = pairOf(secretOf(raw));
    raw.fill(0);
    return pair;
  },
  generateKeyPair: async () => pairOf(fresh()),
};
