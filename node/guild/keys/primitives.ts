// What the keys of guilds are made with, over the platform's synchronous crypto: HMAC and HKDF of SHA-256, and AES-128-GCM. Holds no key.

import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

const HASH = 'sha256';
/** Bytes of a SHA-256 digest, and of what HMAC and HKDF make with it. */
export const DIGEST_BYTES = 32;
const TAG_BYTES = 16;
const CIPHER = 'aes-128-gcm';

/** HMAC-SHA-256; with a salt as the key, HKDF-Extract (RFC 5869, section 2.2). */
export function mac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac(HASH, key).update(data).digest());
}

/** HKDF-Expand (RFC 5869, section 2.3). */
export function expand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
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

/** AES-128-GCM: ciphertext and tag. */
export function seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
  return new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
}

/** The plaintext of `seal`. Throws when it was changed. */
export function open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (sealed.length < TAG_BYTES) throw new Error('ciphertext is shorter than its tag');
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
  decipher.setAuthTag(sealed.subarray(end));
  return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]));
}
