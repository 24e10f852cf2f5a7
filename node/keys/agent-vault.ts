// Keys of the agents that live on this node. Two files an agent, both 0600: the operational one is needed to run; the identity
// one (identity seed and the promised next seed) only to rotate, and may be moved to other media.

import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromBase64, toBase64 } from '../../protocol/bytes/index.ts';
import { publicKeyOfSeed } from '../../protocol/crypto/index.ts';
import { didKeyOf } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  type AgentId,
  createAgentKeys,
  delegateOperationalKey,
  type Keychain,
  type KeychainJson,
  keychainFromJson,
  keychainToJson,
  rotateIdentity,
  verifyKeychain,
} from '../../protocol/identity/index.ts';
import { type JsonValue, parseStrictJson } from '../../protocol/json/index.ts';
import { readSecretFile, writeSecretFile } from './key-file.ts';

const SEED_BYTES = 32;
const AGENTS_MAX = 1_000; // agents on one node: each costs a republication round
const OPERATIONAL = '.operational.json';
const IDENTITY = '.identity.json';
/** Names the primary agent. */
const PRIMARY = 'primary';

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

interface IdentityFile {
  kind: 'zerostate-identity-key/v1';
  agentId: string;
  seed: string;
  nextSeed: string;
  /** Only between the two halves of a rotation. */
  laterSeed?: string;
}

/** When an operational key is valid, RFC 3339 UTC. */
export interface KeyValidity {
  readonly notBefore: string;
  readonly notAfter: string;
}

/** The agents of one node. */
export class AgentVault {
  readonly #dir: string;
  readonly #agents = new Map<AgentId, LocalAgent>();
  /** The first agent that was made here: it speaks for the node where none is named, also when others have come since. */
  #primary: AgentId | undefined;

  constructor(home: string) {
    this.#dir = join(home, 'keys', 'agents');
  }

  /** Reads every operational key. Throws KEY_FILE_UNSAFE or DATA_CORRUPT. */
  async load(): Promise<void> {
    const names = await readdir(this.#dir).catch(() => [] as string[]);
    this.#primary = (await readSecretFile(join(this.#dir, PRIMARY)))?.trim();
    for (const name of names.filter((file) => file.endsWith(OPERATIONAL)).sort()) {
      const path = join(this.#dir, name);
      const agent = parseOperational((await readSecretFile(path)) ?? '', path);
      this.#agents.set(agent.agentId, agent);
    }
  }

  /** Every local agent, the primary one first, the others by id. */
  list(): LocalAgent[] {
    const byId = [...this.#agents.values()].sort((a, b) => (a.agentId < b.agentId ? -1 : 1));
    const at = byId.findIndex(({ agentId }) => agentId === this.#primary);
    return at <= 0 ? byId : [...byId.splice(at, 1), ...byId];
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
    return (await this.#identity(agentId)).current;
  }

  /**
   * The identity seed in force, the promised one and, after an unfinished rotation, the one after it. Which one is in force the keychain
   * says, so that a crash between the two files of a rotation loses nothing.
   */
  async #identity(
    agentId: AgentId,
  ): Promise<{ current: Uint8Array; promised: Uint8Array; later?: Uint8Array }> {
    const { keychain } = this.get(agentId);
    const path = this.#path(agentId, IDENTITY);
    const text = await readSecretFile(path);
    if (text === undefined)
      throw new ZeroError('NOT_OWNER', `the identity key of ${agentId} is not on this machine`, {
        hint: `Bring ${path} back from where it is kept, run the command, and move it away again.`,
      });
    const file = parseStrictJson(text) as unknown as IdentityFile;
    const seeds = [file.seed, file.nextSeed, file.laterSeed].flatMap((seed) =>
      seed === undefined ? [] : [fromBase64(seed)],
    );
    const { identityKey } = verifyKeychain(keychain);
    const at = seeds.findIndex((seed) => didKeyOf(publicKeyOfSeed(seed)) === identityKey);
    const [current, promised, later] = seeds.slice(at);
    if (at < 0 || current === undefined || promised === undefined)
      throw new ZeroError('DATA_CORRUPT', `${path} does not hold the identity key in force`, {
        hint: 'Restore the file from the backup that was made after the last rotation.',
      });
    return { current, promised, ...(later === undefined ? {} : { later }) };
  }

  async #writeIdentity(agentId: AgentId, seeds: Omit<IdentityFile, 'kind' | 'agentId'>): Promise<void> {
    const file: IdentityFile = { kind: 'zerostate-identity-key/v1', agentId, ...seeds };
    await writeSecretFile(this.#path(agentId, IDENTITY), `${JSON.stringify(file)}\n`);
  }

  async #writeOperational(agent: LocalAgent, check = () => {}): Promise<void> {
    const file: OperationalFile = {
      kind: 'zerostate-operational-key/v1',
      agentId: agent.agentId,
      seed: toBase64(agent.operationalSeed),
      keychain: keychainToJson(agent.keychain),
    };
    await writeSecretFile(this.#path(agent.agentId, OPERATIONAL), `${JSON.stringify(file)}\n`);
    check();
    this.#agents.set(agent.agentId, agent);
  }

  /** Replaces the operational key by a fresh one, on disk before it is answered. Throws NOT_OWNER when the identity key is elsewhere. */
  async rotateOperational(agentId: AgentId, validity: KeyValidity): Promise<LocalAgent> {
    const { current } = await this.#identity(agentId);
    const operationalSeed = freshSeed();
    const { keychain } = delegateOperationalKey({
      keychain: this.get(agentId).keychain,
      identitySeed: current,
      operationalPublicKey: publicKeyOfSeed(operationalSeed),
      ...validity,
    });
    const agent = { agentId, keychain, operationalSeed };
    await this.#writeOperational(agent);
    return agent;
  }

  /** Replaces the identity key by the promised one, promises a fresh one, and makes a new operational key. Throws NOT_OWNER or LIMIT_EXCEEDED. */
  async rotateIdentity(agentId: AgentId, validity: KeyValidity): Promise<LocalAgent> {
    const { current, promised, later = freshSeed() } = await this.#identity(agentId);
    const operationalSeed = freshSeed();
    const { keychain } = rotateIdentity({
      keychain: this.get(agentId).keychain,
      currentSeed: current,
      promisedSeed: promised,
      nextIdentityPublicKey: publicKeyOfSeed(later),
      operationalPublicKey: publicKeyOfSeed(operationalSeed),
      ...validity,
    });
    // The seed that the new root promises must be on disk before the root is.
    await this.#writeIdentity(agentId, {
      seed: toBase64(current),
      nextSeed: toBase64(promised),
      laterSeed: toBase64(later),
    });
    const agent = { agentId, keychain, operationalSeed };
    await this.#writeOperational(agent);
    await this.#writeIdentity(agentId, { seed: toBase64(promised), nextSeed: toBase64(later) });
    return agent;
  }

  #path(agentId: AgentId, ending: string): string {
    return join(this.#dir, agentId.replace(':', '-') + ending);
  }

  /**
   * Makes an agent with fresh keys, on disk before it is answered. `notBefore` and `notAfter` (RFC 3339) bound its operational key. `check`
   * is asked when they are written and nobody can have used them yet: when it throws, or a key cannot be written, no file stays behind.
   */
  async create(validity: KeyValidity, check = () => {}): Promise<LocalAgent> {
    if (this.#agents.size >= AGENTS_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `a node holds at most ${AGENTS_MAX} agents`);
    const [identitySeed, nextSeed, operationalSeed] = [freshSeed(), freshSeed(), freshSeed()];
    const { agentId, keychain } = createAgentKeys({
      identitySeed,
      nextIdentityPublicKey: publicKeyOfSeed(nextSeed),
      operationalPublicKey: publicKeyOfSeed(operationalSeed),
      ...validity,
    });
    const agent = { agentId, keychain, operationalSeed };
    try {
      await this.#writeIdentity(agentId, { seed: toBase64(identitySeed), nextSeed: toBase64(nextSeed) });
      await this.#writeOperational(agent, check);
    } catch (error) {
      // Why it was not made matters more than a file that could not be removed either.
      for (const ending of [OPERATIONAL, IDENTITY])
        await rm(this.#path(agentId, ending), { force: true }).catch(() => {});
      throw error;
    }
    if (this.#primary === undefined) {
      this.#primary = agentId;
      await writeSecretFile(join(this.#dir, PRIMARY), `${agentId}\n`);
    }
    return agent;
  }
}

function freshSeed(): Uint8Array {
  return new Uint8Array(randomBytes(SEED_BYTES));
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
