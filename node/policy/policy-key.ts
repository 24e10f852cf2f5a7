// The node's own policy key: signs bundles where the configuration names nobody else. Made when it is first needed; owner-readable only.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fromBase64 } from '../../protocol/bytes/index.ts';
import { type Signer, seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { readSecretFile, writeSecretFile } from '../keys/key-file.ts';

const SEED_BYTES = 32;

/** Reads a key of 32 bytes in base64. Throws KEY_FILE_UNSAFE, or DATA_CORRUPT when the file holds none. */
export async function readPolicyKey(path: string): Promise<Signer | undefined> {
  const text = await readSecretFile(path);
  if (text === undefined) return undefined;
  const seed = (() => {
    try {
      return fromBase64(text.trim());
    } catch {
      return new Uint8Array();
    }
  })();
  if (seed.length !== SEED_BYTES) throw new ZeroError('DATA_CORRUPT', `${path} holds no policy key`);
  return seedSigner(seed);
}

/** Makes a key. Throws ALREADY_EXISTS. */
export async function makePolicyKey(path: string): Promise<Signer> {
  if ((await readSecretFile(path)) !== undefined)
    throw new ZeroError('ALREADY_EXISTS', `${path} exists already`);
  const seed = new Uint8Array(randomBytes(SEED_BYTES));
  await writeSecretFile(path, `${Buffer.from(seed).toString('base64')}\n`);
  return seedSigner(seed);
}

/** The key of a home folder, made where there is none. Throws KEY_FILE_UNSAFE or DATA_CORRUPT. */
export async function ownPolicyKey(home: string): Promise<Signer> {
  const path = join(home, 'keys', 'policy.seed');
  return (await readPolicyKey(path)) ?? (await makePolicyKey(path));
}
