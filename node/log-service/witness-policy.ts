// Whose cosignatures count here, and how many are asked for: what the configuration names, a policy file, or any known peers.

import { readFile } from 'node:fs/promises';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import {
  type Checkpoint,
  findWitnesses,
  type LogPolicy,
  type NoteKey,
  parsePolicy,
  peerIdOfOrigin,
  peerIdOfWitness,
  quorumPolicy,
  witnessKeyOf,
} from '../../protocol/log/index.ts';
import { rfc3339 } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import type { WitnessPolicyKind, WitnessQuorum } from './ports.ts';

/** Judges heads by this node's policy of witnesses. */
export class WitnessPolicy {
  readonly kind: WitnessPolicyKind;
  /** Witnesses asked for; with a policy file the file says it. */
  readonly threshold: number;
  readonly #named: readonly NoteKey[];
  readonly #file: LogPolicy | undefined;
  readonly #isKnownPeer: (peerId: string) => boolean;

  private constructor(
    config: Config['logs'],
    file: LogPolicy | undefined,
    isKnownPeer: (peerId: string) => boolean,
  ) {
    this.#file = file;
    this.#isKnownPeer = isKnownPeer;
    this.#named = config.witnesses.map(witnessKeyOf);
    this.threshold = config.quorum;
    this.kind =
      file !== undefined
        ? 'file'
        : config.quorum === 0
          ? 'none'
          : config.witnesses.length > 0
            ? 'named'
            : 'peers';
  }

  /** Reads what the configuration says. Throws CONFIG_INVALID. `isKnownPeer` tells whose word counts when nobody is named. */
  static async load(
    config: Config['logs'],
    isKnownPeer: (peerId: string) => boolean,
  ): Promise<WitnessPolicy> {
    try {
      const text = config.policyFile === '' ? undefined : await readFile(config.policyFile, 'utf8');
      const policy = new WitnessPolicy(
        config,
        text === undefined ? undefined : parsePolicy(text),
        isKnownPeer,
      );
      if (policy.kind === 'named' && config.witnesses.length < config.quorum)
        throw new ZeroError('CONFIG_INVALID', 'logs.quorum asks for more witnesses than are named');
      return policy;
    } catch (cause) {
      if (isZeroError(cause) && cause.code === 'CONFIG_INVALID') throw cause;
      throw new ZeroError('CONFIG_INVALID', `logs: ${(cause as Error).message}`, {
        cause,
        hint: 'logs.witnesses are peer ids; logs.policyFile is a file in the form of C2SP tlog-policy.',
      });
    }
  }

  /** Witnesses that are always to be asked, by key. */
  get named(): readonly NoteKey[] {
    return this.#file === undefined ? this.#named : [...this.#file.witnesses.values()];
  }

  /** Keys whose cosignatures of a head are worth keeping. */
  keysFor(checkpoint: Checkpoint): NoteKey[] {
    const known = new Map(this.named.map((key) => [key.name, key]));
    for (const { name } of checkpoint.signatures) {
      const key = known.has(name) ? undefined : this.#peerKey(name, checkpoint.origin);
      if (key !== undefined) known.set(name, key);
    }
    return [...known.values()];
  }

  /** Who vouches for a head; with `maxAgeSeconds` only young cosignatures count. */
  judge(
    checkpoint: Checkpoint,
    time: { readonly now: number; readonly maxAgeSeconds?: number },
  ): WitnessQuorum {
    const policy = this.#file ?? quorumPolicy(this.#voters(checkpoint), this.threshold);
    const age = time.maxAgeSeconds === undefined ? {} : { maxAgeSeconds: time.maxAgeSeconds };
    const found = findWitnesses(checkpoint, policy, { nowSeconds: Math.floor(time.now / 1000), ...age });
    return {
      origin: checkpoint.origin,
      size: checkpoint.size,
      policy: this.kind,
      known: found.known,
      required: found.required,
      counted: found.counted.map(({ name, timeSeconds }) => ({
        name,
        peerId: peerIdOf(name),
        at: rfc3339(timeSeconds * 1000),
      })),
      reached: found.reached,
      asOf: found.asOfSeconds === null ? null : rfc3339(found.asOfSeconds * 1000),
    };
  }

  // With nobody named, any known peer counts, but never the log's own node: it would vouch for itself.
  #voters(checkpoint: Checkpoint): readonly NoteKey[] {
    if (this.kind === 'none') return [];
    return this.kind === 'named' ? this.#named : this.keysFor(checkpoint);
  }

  #peerKey(name: string, origin: string): NoteKey | undefined {
    const peerId = peerIdOf(name);
    if (peerId === null || peerId === peerIdOf(origin) || !this.#isKnownPeer(peerId)) return undefined;
    return witnessKeyOf(peerId);
  }
}

/** Peer id in the name of a witness or log; null when it is no node's. */
function peerIdOf(name: string): string | null {
  for (const read of [peerIdOfWitness, peerIdOfOrigin])
    try {
      return read(name);
    } catch {
      // Another kind of name.
    }
  return null;
}
