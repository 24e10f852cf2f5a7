// Evidence of forks by comparison, as node/log-service/fork-spread.ts does it: which logs are known to have forked is compared with every
// neighbour when a node comes, and with one neighbour after another later on; who lacks evidence asks for it and checks it.

import type { ForkWatch } from './fork-watch.ts';
import { type Ground, SECOND } from './ground.ts';
import type { Holdings } from './holdings.ts';
import type { Message } from './message.ts';
import type { Post } from './post.ts';
import type { Presence } from './presence.ts';
import type { Publications } from './publications.ts';

/** The node's own pause between two rounds. */
const ROUND = 30 * SECOND;

export interface ForkRoundParts {
  readonly ground: Ground;
  readonly forks: ForkWatch;
  readonly holdings: Holdings;
  readonly post: Post;
  readonly presence: Presence;
  readonly publications: Publications;
  /** Whether a log of this run may fork at all: without one every answer would be empty, and nobody asks. */
  readonly isWanted: boolean;
}

export class ForkRounds {
  readonly #parts: ForkRoundParts;
  readonly #kind: number;
  /** How many rounds each node has had: neighbours take turns. */
  readonly #rounds: Uint32Array;
  #taken = 0;

  constructor(parts: ForkRoundParts) {
    this.#parts = parts;
    const { ground, isWanted, presence } = parts;
    this.#rounds = new Uint32Array(isWanted ? ground.nodes : 0);
    this.#kind = ground.loop.on((node) => this.#round(node));
    presence.listen((node, here) => {
      if (here && isWanted) this.#meetAll(node);
    });
  }

  /** Pieces of evidence that were taken in comparisons. */
  get taken(): number {
    return this.#taken;
  }

  /** Time in which a node has asked every neighbour once, in microseconds. */
  cycleOf(node: number): number {
    const { first } = this.#parts.ground.wire.topology;
    return ROUND * (first[node + 1]! - first[node]! + 1);
  }

  start(): void {
    const { ground, isWanted } = this.#parts;
    if (!isWanted) return;
    const phases = ground.random('fork rounds');
    for (let node = 0; node < ground.nodes; node++)
      ground.loop.schedule(phases.unit() * ROUND, this.#kind, node);
  }

  /** Questions and answers about forks. */
  onMessage(node: number, link: number, message: Message): void {
    const { forks, ground, holdings, post, publications } = this.#parts;
    const back = ground.wire.topology.reverse[link]!;
    switch (message.kind) {
      case 'forks-asked': {
        const own = forks.knownTo(node);
        const isSame = own.length === message.logs.length && own.every((log) => message.logs.includes(log));
        post.send(back, { kind: 'forks-told', logs: isSame ? [] : own });
        return;
      }
      case 'forks-told':
        for (const log of message.logs)
          if (!forks.knows(node, log) && holdings.version(node, log).size > 0)
            post.send(back, { kind: 'evidence-asked', logs: [log] });
        return;
      case 'evidence-asked':
        for (const log of message.logs) {
          const publication = forks.knows(node, log) ? forks.evidenceOf(log) : undefined;
          if (publication !== undefined) post.send(back, { kind: 'evidence-told', publication });
        }
        return;
      case 'evidence-told': {
        const publication = publications.get(message.publication);
        if (publication.kind !== 'evidence' || publications.verdict(publication) !== 'accept') return;
        if (!forks.learn(node, publication.log)) return;
        this.#taken += 1;
        ground.trace(
          'compared',
          node,
          ground.wire.topology.from[link]!,
          `evidence against log ${publication.log}`,
        );
      }
    }
  }

  #round(node: number): void {
    const { ground, presence } = this.#parts;
    ground.loop.schedule(ROUND, this.#kind, node);
    if (presence.here[node] === 0) return;
    const { first } = ground.wire.topology;
    const links = first[node + 1]! - first[node]!;
    const turn = this.#rounds[node]!++;
    this.#ask(node, first[node]! + (turn % links));
  }

  /** Who has come asks everybody around it, and is asked by them: each meets a new peer. */
  #meetAll(node: number): void {
    const { ground, presence } = this.#parts;
    const { first, reverse, to } = ground.wire.topology;
    for (let link = first[node]!; link < first[node + 1]!; link++) {
      if (presence.here[to[link]!] === 0) continue;
      this.#ask(node, link);
      this.#ask(to[link]!, reverse[link]!);
    }
  }

  #ask(node: number, link: number): void {
    this.#parts.post.send(link, { kind: 'forks-asked', logs: this.#parts.forks.knownTo(node) });
  }
}
