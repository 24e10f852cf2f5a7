// Who plays what among the nodes of a run, as it is drawn in the cores tier, and what each role may do here. An equivocator is one key on two
// machines: both write, and the log of that key has two histories.

import { topicsOf } from '../../node/gossip/index.ts';
import type { ZerostateNode } from '../../node/index.ts';
import { ADVERSARIES } from '../adversaries/index.ts';
import { Ground } from '../cores/ground.ts';
import type { Role } from '../cores/role.ts';
import type { AdversaryKind, Scenario } from '../scenario/index.ts';
import { type Deeds, layRole, SPOILT } from './hostile.ts';

/** Name of the topics' network in all runs. */
export const NETWORK = 'sim';

interface Player {
  readonly role: Role;
  /** Sends a graft; absent until the node is open. */
  graft: ((peer: string, topics: readonly string[]) => void) | undefined;
}

/** The cast of one run. */
export class Cast {
  readonly deeds: Deeds = { withheld: 0, spoilt: 0, unanswered: 0 };
  readonly #ground: Ground;
  readonly #nodes: readonly ZerostateNode[];
  readonly #now: () => number;
  readonly #players = new Map<number, Player>();
  /** Machines with the same key, by pairs. */
  readonly pairs: readonly (readonly [number, number])[];
  /** Called when an equivocator contradicts itself, with the two machines that do it. */
  onEquivocate: (pair: readonly [number, number]) => void = () => {};

  constructor(scenario: Scenario, seed: number, nodes: readonly ZerostateNode[], now: () => number) {
    this.#ground = new Ground(scenario, seed, {});
    this.#nodes = nodes;
    this.#now = now;
    const liars = this.#every('equivocator');
    this.pairs = liars.flatMap((one, at) =>
      at % 2 === 0 && liars[at + 1] !== undefined ? [[one, liars[at + 1]!] as const] : [],
    );
    for (let n = 0; n < this.#ground.nodes; n++) {
      const kind = this.kindOf(n);
      if (kind !== undefined) this.#players.set(n, { role: this.#roleOf(n, kind), graft: undefined });
    }
  }

  /** How many adversaries there are. */
  get size(): number {
    return this.#players.size;
  }

  kindOf(n: number): AdversaryKind | undefined {
    return this.#ground.scenario.adversaries[this.#ground.kindOf[n]!]?.kind;
  }

  isHonest(n: number): boolean {
    return this.kindOf(n) === undefined;
  }

  /** The machine whose key this one has too; undefined for all but the second of a pair. */
  twinOf(n: number): number | undefined {
    return this.pairs.find(([, second]) => second === n)?.[0];
  }

  /** Lays its role around a node that was opened; nothing for an honest one. */
  lay(n: number, node: ZerostateNode): void {
    const player = this.#players.get(n);
    if (player === undefined) return;
    const numbers = new Map<string, number>();
    player.graft = layRole({
      node,
      role: player.role,
      random: this.#ground.random('spoiling', n),
      deeds: this.deeds,
      numberOf: (peer) => {
        const known = numbers.get(peer);
        if (known !== undefined) return known;
        const at = this.#nodes.findIndex(({ host }) => String(host.peerId) === peer);
        if (at >= 0) numbers.set(peer, at);
        return at;
      },
    });
  }

  /** The heartbeat of all roles. */
  tick(): void {
    for (const { role } of this.#players.values()) role.tick?.();
  }

  #every(kind: AdversaryKind): number[] {
    return [...this.#ground.kindOf.keys()].filter((n) => this.kindOf(n) === kind);
  }

  #roleOf(n: number, kind: AdversaryKind): Role {
    const ground = this.#ground;
    const { first, to } = ground.wire.topology;
    const pair = this.pairs.find(([one]) => one === n);
    return ADVERSARIES[kind]!({
      node: n,
      spec: ground.scenario.adversaries[ground.kindOf[n]!]!,
      random: ground.random('adversary', n),
      now: this.#now,
      neighbours: () => [...to.subarray(first[n]!, first[n + 1]!)],
      isAccomplice: (other) => ground.kindOf[other] === ground.kindOf[n],
      send: (other, message) => {
        const peer = this.#nodes[other]?.host.peerId;
        if (message.kind === 'graft' && peer !== undefined)
          this.#players.get(n)?.graft?.(String(peer), Object.values(topicsOf(NETWORK)));
      },
      spoil: () => SPOILT,
      ownLogs: () => (pair === undefined ? [] : [0]),
      equivocate: () => {
        if (pair !== undefined) this.onEquivocate(pair);
      },
      rejoin: () => {},
    });
  }
}
