// Three organisations that publish: each with agents, a log, and a build key of its own. Fixed seeds; nothing here is secret.

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { publicKeyOfPem } from '../../protocol/attestation/index.ts';
import { makeAgent, type TestAgent } from '../support/agents.ts';
import { MemoryLog } from '../support/memory-log.ts';

/** The verification time of the corpus: half an hour after its statements were issued. */
export const NOW_MS: number = Date.parse('2026-03-01T12:30:00Z');
export const ISSUED_AT = '2026-03-01T12:00:00Z';

export interface Organisation {
  readonly name: string;
  /** Seed byte of each agent's identity; its promised key is one more, its operational key two more. */
  readonly seeds: readonly number[];
  readonly agents: readonly TestAgent[];
  readonly log: MemoryLog;
  /** Signs what build tools write. */
  readonly buildKey: KeyObject;
  readonly buildPublicKey: Uint8Array;
}

/** Agents of each organisation. */
const AGENTS = 4;

function organisation(name: string, first: number): Organisation {
  const seeds = Array.from({ length: AGENTS }, (_, i) => first + 3 * i);
  const build = generateKeyPairSync('ed25519');
  return {
    name,
    seeds,
    agents: seeds.map(makeAgent),
    log: new MemoryLog(first + 3 * AGENTS, { roots: false }),
    buildKey: build.privateKey,
    buildPublicKey: publicKeyOfPem(build.publicKey.export({ type: 'spki', format: 'pem' }) as string),
  };
}

export function organisations(): Organisation[] {
  return [organisation('foundry', 10), organisation('harbour', 60), organisation('auditors', 110)];
}
