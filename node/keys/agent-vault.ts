// Keys of the agents that live on this node. Two files an agent, both 0600: the operational one is needed to run; the identity
// one (identity seed and the promised next seed) only to rotate, and may be moved to other media.

import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fromBase64, toBase64 } from '../../protocol/bytes/index.ts';
import { publicKeyOfSeed } from '../../protocol/crypto/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  type AgentId,
  createAgentKeys,
  type Keychain,
  type KeychainJson,
  keychainFromJson,
  keychainToJson,
} from '../../protocol/identity/index.ts';
import { type JsonValue, parseStrictJson } from '../../protocol/json/index.ts';
import { readSecretFile, writeSecretFile } from './key-file.ts';

const SEED_BYTES = 32;
const AGENTS_MAX = 1_000; // agents on one node: each costs a republication round
const OPERATIONAL = '.operational.json';
const IDENTITY = '.identity.json';

/** An agent whose operational key this node holds. */
export interface LocalAgent {
  readonly agentId: AgentId;
  readonly keychain: Keychain;
  readonly operationalSeed: Uint8Array;
}

interface OperationalFile {
  kind: 'zerostate-operational-key/v1';
  agentId: string;
  seed: string;
  keychain: KeychainJson;
}

/** The agents of one node. */
export class AgentVault {
  readonly #dir: string;
  readonly #agents = new Map<AgentId, LocalAgent>();

  constructor(home: string) {
    this.#dir = join(home, 'keys', 'agents');
  }

  /** Reads every operational key. Throws KEY_FILE_UNSAFE or DATA_CORRUPT. */
  async load(): Promise<void> {
    const names = await readdir(this.#dir).catch(() => [] as string[]);
    for (const name of names.filter((file) => file.endsWith(OPERATIONAL)).sort()) {
      const path = join(this.#dir, name);
      const agent = parseOperational((await readSecretFile(path)) ?? '', path);
      this.#agents.set(agent.agentId, agent);
    }
  }

  /** Every local agent. */
  list(): LocalAgent[] {
    return [...this.#agents.values()];
  }

  /** One local agent. Throws NOT_OWNER when its key is not here. */
  get(agentId: AgentId): LocalAgent {
    const agent = this.#agents.get(agentId);
    if (agent === undefined) throw new ZeroError('NOT_OWNER', `the keys of ${agentId} are not on this node`);
    return agent;
  }

  has(agentId: AgentId): boolean {
    return this.#agents.has(agentId);
  }

  /** The identity seed of an agent. Throws NOT_OWNER when its file was moved away, as it should be on a busy server. */
  async identitySeed(agentId: AgentId): Promise<Uint8Array> {
    this.get(agentId);
    const path = this.#path(agentId, IDENTITY);
    const text = await readSecretFile(path);
    if (text === undefined)
      throw new ZeroError('NOT_OWNER', `the identity key of ${agentId} is not on this machine`, {
        hint: `Bring ${path} back from where it is kept, run the command, and move it away again.`,
      });
    return fromBase64((parseStrictJson(text) as { seed: string }).seed);
  }

  #path(agentId: AgentId, ending: string): string {
    return join(this.#dir, agentId.replace(':', '-') + ending);
  }

  /** Makes an agent with fresh keys, on disk before it is answered. `notBefore` and `notAfter` (RFC 3339) bound its operational key. */
  async create(validity: { notBefore: string; notAfter: string }): Promise<LocalAgent> {
    if (this.#agents.size >= AGENTS_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `a node holds at most ${AGENTS_MAX} agents`);
    const [identitySeed, nextSeed, operationalSeed] = [0, 1, 2].map(
      () => new Uint8Array(randomBytes(SEED_BYTES)),
    ) as [Uint8Array, Uint8Array, Uint8Array];
    const { agentId, keychain } = createAgentKeys({
      identitySeed,
      nextIdentityPublicKey: publicKeyOfSeed(nextSeed),
      operationalPublicKey: publicKeyOfSeed(operationalSeed),
      ...validity,
    });
    await writeSecretFile(
      this.#path(agentId, IDENTITY),
      `${JSON.stringify({ kind: 'zerostate-identity-key/v1', agentId, seed: toBase64(identitySeed), nextSeed: toBase64(nextSeed) })}\n`,
    );
    const file: OperationalFile = {
      kind: 'zerostate-operational-key/v1',
      agentId,
      seed: toBase64(operationalSeed),
      keychain: keychainToJson(keychain),
    };
    await writeSecretFile(this.#path(agentId, OPERATIONAL), `${JSON.stringify(file)}\n`);
    const agent = { agentId, keychain, operationalSeed };
    this.#agents.set(agentId, agent);
    return agent;
  }
}

function parseOperational(text: string, path: string): LocalAgent {
  try {
    const file = parseStrictJson(text) as unknown as OperationalFile;
    const operationalSeed = fromBase64(file.seed);
    if (file.kind !== 'zerostate-operational-key/v1' || operationalSeed.length !== SEED_BYTES)
      throw new Error('wrong form');
    return {
      agentId: file.agentId,
      keychain: keychainFromJson(file.keychain as unknown as JsonValue),
      operationalSeed,
    };
  } catch (cause) {
    throw new ZeroError('DATA_CORRUPT', `${path} is not an operational key`, {
      cause,
      hint: 'Restore it from a backup, or remove it: the agent then no longer lives here.',
    });
  }
}
