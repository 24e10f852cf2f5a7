// The node's own Ed25519 key: its libp2p identity and the key of its log. Never leaves its file.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import type { Ed25519PrivateKey } from '@libp2p/interface';
import { fromBase64, toBase64 } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { readSecretFile, writeSecretFile } from './key-file.ts';

const SEED_BYTES = 32;

/** A node's key in both of its uses. */
export interface NodeKey {
  readonly seed: Uint8Array;
  readonly libp2p: Ed25519PrivateKey;
}

/** Reads the node key of a home folder, or makes it on first use. Throws DATA_CORRUPT when the file is damaged. */
export async function loadOrCreateNodeKey(home: string): Promise<NodeKey> {
  const path = join(home, 'keys', 'node.key');
  const text = await readSecretFile(path);
  let seed: Uint8Array;
  if (text === undefined) {
    seed = new Uint8Array(randomBytes(SEED_BYTES));
    await writeSecretFile(path, `${toBase64(seed)}\n`);
  } else {
    seed = decodeSeed(text, path);
  }
  return { seed, libp2p: await generateKeyPairFromSeed('Ed25519', seed) };
}

function decodeSeed(text: string, path: string): Uint8Array {
  try {
    const seed = fromBase64(text.trim());
    if (seed.length === SEED_BYTES) return seed;
  } catch {
    // falls through to the typed error
  }
  throw new ZeroError('DATA_CORRUPT', `${path} is not a node key`, {
    hint: 'Restore it from a backup; without it the node has another identity.',
  });
}
