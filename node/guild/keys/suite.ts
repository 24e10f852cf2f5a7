// The one cipher suite of guilds, MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519, over the platform's synchronous crypto: the library's own
// default crosses to another thread for every hash, and a join needs some hundred of them. HPKE stays the library's.

import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type CiphersuiteImpl, getCiphersuiteFromName, getCiphersuiteImpl } from 'ts-mls';
import { publicKeyOfSeed, sha256, signEd25519, verifyEd25519 } from '../../../protocol/crypto/index.ts';

const NAME = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519';
const HASH = 'sha256';
const DIGEST_BYTES = 32;
const SEED_BYTES = 32;
const TAG_BYTES = 16;
const CIPHER = 'aes-128-gcm';

function mac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac(HASH, key).update(data).digest());
}

/** HKDF-Expand (RFC 5869, section 2.3). */
function expand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let block: Uint8Array = new Uint8Array();
  for (let at = 0, counter = 1; at < length; at += DIGEST_BYTES, counter += 1) {
    block = new Uint8Array(
      createHmac(HASH, prk).update(block).update(info).update(Uint8Array.of(counter)).digest(),
    );
    out.set(block.subarray(0, Math.min(DIGEST_BYTES, length - at)), at);
  }
  return out;
}

function seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
  return new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
}

function open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (sealed.length < TAG_BYTES) throw new Error('ciphertext is shorter than its tag');
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
  decipher.setAuthTag(sealed.subarray(end));
  return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]));
}

const none = new Uint8Array();

async function make(): Promise<CiphersuiteImpl> {
  const library = await getCiphersuiteImpl(getCiphersuiteFromName(NAME));
  return {
    name: NAME,
    rng: library.rng,
    hash: {
      digest: async (data) => sha256(data),
      mac: async (key, data) => mac(key, data),
      verifyMac: async (key, tag, data) => {
        const wanted = mac(key, data);
        return tag.length === wanted.length && timingSafeEqual(tag, wanted);
      },
    },
    kdf: {
      size: DIGEST_BYTES,
      extract: async (salt, ikm) => mac(salt, ikm),
      expand: async (prk, info, length) => expand(prk, info, length),
    },
    signature: {
      sign: async (seed, message) => signEd25519(seed, message),
      verify: async (publicKey, message, signature) => verifyEd25519(publicKey, message, signature),
      keygen: async () => {
        const signKey = new Uint8Array(randomBytes(SEED_BYTES));
        return { signKey, publicKey: publicKeyOfSeed(signKey) };
      },
    },
    hpke: {
      ...library.hpke,
      encryptAead: async (key, nonce, aad, plain) => seal(key, nonce, aad ?? none, plain),
      decryptAead: async (key, nonce, aad, sealed) => open(key, nonce, aad ?? none, sealed),
    },
  };
}

let made: Promise<CiphersuiteImpl> | undefined;

/** The suite, made once for the process: it holds no key. */
export function guildSuite(): Promise<CiphersuiteImpl> {
  made ??= make();
  return made;
}
