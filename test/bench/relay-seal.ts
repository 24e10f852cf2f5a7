// What sealing alone costs: the cipher of Noise as the library uses it, once to encrypt and once to decrypt, without any connection.

import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Bytes in one frame of Noise, its tag left out. */
const FRAME_BYTES = 65_519;
const TAG_BYTES = 16;

/** Seconds to encrypt and decrypt so many bytes. */
export async function sealBytes(bytes: number): Promise<number> {
  const key = new Uint8Array(32);
  const nonce = new Uint8Array(12);
  const frame = new Uint8Array(FRAME_BYTES);
  const options = { authTagLength: TAG_BYTES };
  const began = performance.now();
  for (let done = 0; done < bytes; done += FRAME_BYTES) {
    const cipher = createCipheriv('chacha20-poly1305', key, nonce, options);
    const sealed = Buffer.concat([cipher.update(frame), cipher.final()]);
    const opener = createDecipheriv('chacha20-poly1305', key, nonce, options);
    opener.setAuthTag(cipher.getAuthTag());
    Buffer.concat([opener.update(sealed), opener.final()]);
  }
  return (performance.now() - began) / 1_000;
}
