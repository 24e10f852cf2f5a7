// Puts a seeded stream in the place of the machine's entropy, and makes signatures at once: whoever asks the thread pool for one would be
// answered when the machine pleases. For a process of its own; keys that are made here are worth nothing anywhere else.

import { createRequire } from 'node:module';
import type { RandomStream } from '../random.ts';
import { put } from './put.ts';

const require = createRequire(import.meta.url);
/** PKCS#8 of a 32-byte key, up to the key itself. */
const PKCS8 = { ed25519: '302e020100300506032b657004220420', x25519: '302e020100300506032b656e04220420' };
const SEED_BYTES = 32;

type Done<T> = (error: null, value: T) => void;
type Crypto = typeof import('node:crypto');
interface KeyOptions {
  readonly publicKeyEncoding?: object;
  readonly privateKeyEncoding?: object;
}

/** Replaces Math.random, the global crypto and what of node:crypto draws or waits. */
export function replaceEntropy(entropy: RandomStream): void {
  const fill = <T extends ArrayBufferView | ArrayBufferLike>(target: T, offset = 0, size?: number): T => {
    const bytes = ArrayBuffer.isView(target)
      ? new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
      : new Uint8Array(target);
    const part = bytes.subarray(offset, size === undefined ? undefined : offset + size);
    part.set(entropy.bytes(part.length));
    return target;
  };
  const uuid = (): string => {
    const bytes = entropy.bytes(16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return Buffer.from(bytes)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  };
  put(Math, { random: () => entropy.unit() });
  put(globalThis.crypto, { getRandomValues: fill, randomUUID: uuid });
  const crypto = require('node:crypto') as Crypto;
  // Its own getRandomValues reads the one above.
  put(crypto, {
    ...signatures(crypto),
    ...keyPairs(crypto, entropy),
    randomUUID: uuid,
    randomBytes: (size: number, done?: Done<Buffer>) => answer(Buffer.from(entropy.bytes(size)), done),
    randomFillSync: fill,
    randomFill: (target: Uint8Array, done: Done<Uint8Array>) => answer(fill(target), done),
    randomInt: (min: number, max?: number) =>
      max === undefined ? entropy.below(min) : min + entropy.below(max - min),
  });
}

/** Answers as Node does: at once, or through the callback when there is one. */
function answer<T>(value: T, done: Done<T> | undefined): T | undefined {
  if (done === undefined) return value;
  queueMicrotask(() => done(null, value));
  return undefined;
}

function signatures({ sign, verify }: Crypto) {
  type SignInput = [algorithm: string | null, data: Uint8Array, key: never];
  return {
    sign: (algorithm: string | null, data: Uint8Array, key: never, done?: Done<Buffer>) =>
      answer(sign(...([algorithm, data, key] satisfies SignInput)), done),
    verify: (
      algorithm: string | null,
      data: Uint8Array,
      key: never,
      signature: Uint8Array,
      done?: Done<boolean>,
    ) => answer(verify(algorithm, data, key, signature), done),
  };
}

function keyPairs({ createPrivateKey, createPublicKey, generateKeyPairSync }: Crypto, entropy: RandomStream) {
  return {
    generateKeyPairSync: (type: string, options: KeyOptions = {}) => {
      const head = PKCS8[type as keyof typeof PKCS8];
      if (head === undefined) return generateKeyPairSync(type as 'ed25519', options as never);
      const key = Buffer.concat([Buffer.from(head, 'hex'), entropy.bytes(SEED_BYTES)]);
      const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
      const publicKey = createPublicKey(privateKey);
      const { privateKeyEncoding, publicKeyEncoding } = options;
      return {
        privateKey:
          privateKeyEncoding === undefined ? privateKey : privateKey.export(privateKeyEncoding as never),
        publicKey: publicKeyEncoding === undefined ? publicKey : publicKey.export(publicKeyEncoding as never),
      };
    },
  };
}
