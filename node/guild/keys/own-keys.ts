// The keys with which one agent sits in one guild: made for it, bound to the agent by a credential, and gone with the guild.

import { randomBytes } from 'node:crypto';
import {
  decodeMlsMessage,
  defaultLifetime,
  encodeMlsMessage,
  generateKeyPackageWithKey,
  type KeyPackage,
  type PrivateKeyPackage,
  zeroOutUint8Array,
} from 'ts-mls';
import { publicKeyOfSeed } from '../../../protocol/crypto/index.ts';
import { seedSigner } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { GUILD_KEY_AGE_MS_MAX, signCredential } from '../../../protocol/guild/index.ts';
import type { LocalAgent } from '../../keys/agent-vault.ts';
import { guildSuite } from './suite.ts';

const SEED_BYTES = 32;

/** A key package with its private half. */
export interface OwnKeys {
  readonly publicPackage: KeyPackage;
  readonly privatePackage: PrivateKeyPackage;
}

/** Makes keys for an agent on this node, valid from `now` on. */
export async function makeOwnKeys(agent: LocalAgent, peer: string, now: number): Promise<OwnKeys> {
  const suite = await guildSuite();
  const signKey = new Uint8Array(randomBytes(SEED_BYTES));
  const publicKey = publicKeyOfSeed(signKey);
  const identity = signCredential({
    agent: agent.agentId,
    peer,
    signatureKey: publicKey,
    notBeforeMs: now,
    notAfterMs: now + GUILD_KEY_AGE_MS_MAX,
    keychain: agent.keychain,
    signers: [seedSigner(agent.operationalSeed)],
  });
  return await generateKeyPackageWithKey(
    { credentialType: 'basic', identity },
    {
      versions: ['mls10'],
      ciphersuites: [suite.name],
      extensions: [],
      proposals: [],
      credentials: ['basic'],
    },
    // The credential says for how long: one clock and one rule for both.
    defaultLifetime,
    [],
    { signKey, publicKey },
    suite,
  );
}

/** Overwrites the private half. */
export function destroyOwnKeys({ privatePackage }: OwnKeys): void {
  zeroOutUint8Array(privatePackage.initPrivateKey);
  zeroOutUint8Array(privatePackage.hpkePrivateKey);
  zeroOutUint8Array(privatePackage.signaturePrivateKey);
}

/** A key package as MLS message bytes. */
export function encodeKeyPackage(keyPackage: KeyPackage): Uint8Array {
  return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage });
}

/** Reads MLS message bytes of one kind, all of them. Throws DECODE_FAILED. */
export function decodeMls<W extends 'mls_key_package' | 'mls_welcome' | 'mls_private_message'>(
  bytes: Uint8Array,
  wireformat: W,
) {
  try {
    const read = decodeMlsMessage(bytes, 0);
    if (read?.[1] === bytes.length && read[0].wireformat === wireformat)
      return read[0] as Extract<(typeof read)[0], { wireformat: W }>;
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', `not an ${wireformat} of MLS`, { cause });
  }
  throw new ZeroError('DECODE_FAILED', `not an ${wireformat} of MLS`);
}
