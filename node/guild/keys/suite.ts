// The one cipher suite of guilds, MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519, over the platform's synchronous crypto: the library's own
// default crosses to another thread for every hash, and a join needs some hundred of them.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { CiphersuiteImpl } from 'ts-mls';
import { publicKeyOfSeed, sha256, signEd25519, verifyEd25519 } from '../../../protocol/crypto/index.ts';
import { hpke } from './hpke.ts';
import { DIGEST_BYTES, expand, mac } from './primitives.ts';

const SEED_BYTES = 32;

const SUITE: CiphersuiteImpl = {
  name: 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519',
  rng: { randomBytes: (count) => new Uint8Array(randomBytes(count)) },
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
  hpke,
};

/** The suite: it holds no key. */
export async function guildSuite(): Promise<CiphersuiteImpl> {
  return SUITE;
}
