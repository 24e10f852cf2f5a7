// Anti-entropy: the protocol's own pull machine at the node that asks, its own answers at the node that is asked. Only carrying
// messages, storing and time are the simulator's.

import { isZeroError } from '../../protocol/errors/index.ts';
import { findEquivocation, verifyNodeCheckpoint } from '../../protocol/log/index.ts';
import {
  answerHeads,
  CREDIT_BYTES_DEFAULT,
  consistencyResponse,
  newPull,
  type PullEvent,
  type PullState,
  type SyncMessage,
  stepPull,
  type Tail,
  tailResponse,
} from '../../protocol/sync/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { RandomStream } from '../random.ts';
import type { Penalties } from './admission.ts';
import type { ForkWatch } from './fork-watch.ts';
import { type Ground, SECOND } from './ground.ts';
import type { Holdings } from './holdings.ts';
import { type Logs, nameOfVersion, type Version } from './logs.ts';
import { bytesOf, type Message } from './message.ts';
import type { Post } from './post.ts';
import type { Presence } from './presence.ts';

/** Time until a question counts as lost: the node's own deadline of a request. */
const ANSWER_TIMEOUT = 10 * SECOND;
/** Answers remembered by what was asked: the same for all nodes that hold the same. */
const ANSWERS_MAX = 16_384;

interface Comparison {
  readonly id: number;
  readonly node: number;
  readonly link: number;
  state: PullState;
  questions: number;
}

export interface ComparisonParts {
  readonly ground: Ground;
  readonly logs: Logs;
  readonly holdings: Holdings;
  readonly post: Post;
  readonly presence: Presence;
  readonly forks: ForkWatch;
  readonly penalties: Penalties;
  /** Called when a comparison of a node has ended, whatever came of it. */
  readonly onEnd: (node: number) => void;
}

export class Comparisons {
  readonly #parts: ComparisonParts;
  readonly #open = new Map<number, Comparison>();
  readonly #ofNode = new Map<number, number>();
  readonly #answers = new Map<string, SyncMessage>();
  readonly #choices: readonly RandomStream[];
  readonly #kinds: { round: number; timeout: number };
  #next = 1;
  #begun = 0;
  #timedOut = 0;

  constructor(parts: ComparisonParts) {
    this.#parts = parts;
    const { ground, presence } = parts;
    this.#choices = Array.from({ length: ground.nodes }, (_, node) => ground.random('anti-entropy', node));
    this.#kinds = {
      round: ground.loop.on((node) => this.#round(node)),
      timeout: ground.loop.on((id, questions) => this.#timeout(id, questions)),
    };
    presence.listen((node, here) => {
      if (here) this.beginWithSomebody(node);
      else this.#end(this.#open.get(this.#ofNode.get(node) ?? -1));
    });
  }

  get counts(): { readonly begun: number; readonly timedOut: number } {
    return { begun: this.#begun, timedOut: this.#timedOut };
  }

  start(): void {
    const { ground } = this.#parts;
    const period = ground.scenario.protocol.antiEntropySeconds * SECOND;
    if (period === 0) return;
    for (let node = 0; node < ground.nodes; node++)
      ground.loop.schedule(this.#choices[node]!.unit() * period, this.#kinds.round, node);
  }

  #round(node: number): void {
    const { ground, presence } = this.#parts;
    const period = ground.scenario.protocol.antiEntropySeconds * SECOND;
    // Half to one and a half periods: rounds of neighbours drift apart.
    ground.loop.schedule(period * (0.5 + this.#choices[node]!.unit()), this.#kinds.round, node);
    if (presence.here[node] === 1) this.beginWithSomebody(node);
  }

  /** Compares with a neighbour drawn by the node. */
  beginWithSomebody(node: number): void {
    const { first } = this.#parts.ground.wire.topology;
    const links = first[node + 1]! - first[node]!;
    this.begin(node, first[node]! + this.#choices[node]!.below(links));
  }

  /** Compares with the neighbour at the end of a link; does nothing while the node compares already. */
  begin(node: number, link: number): void {
    if (this.#ofNode.has(node)) return;
    const id = this.#next++;
    const comparison = { id, node, link, state: newPull(), questions: 0 };
    this.#open.set(id, comparison);
    this.#ofNode.set(node, id);
    this.#begun += 1;
    this.#step(comparison, { kind: 'start' });
  }

  /** Questions and answers of the sync protocol. */
  onMessage(node: number, link: number, message: Message & { kind: 'question' | 'answer' }): void {
    if (message.kind === 'question') {
      this.#answer(node, link, message.comparison, message.message);
      return;
    }
    const comparison = this.#open.get(message.comparison);
    if (comparison?.node !== node) return;
    const length = bytesOf(message, () => 0);
    this.#step(comparison, { kind: 'answered', message: message.message, length });
  }

  #step(comparison: Comparison, event: PullEvent): void {
    const { forks, ground, holdings, logs, post } = this.#parts;
    const { id, link, node } = comparison;
    const view = {
      heads: holdings.heads(node),
      tree: (origin: string) => {
        const log = logs.logOf(origin);
        return log === undefined ? undefined : holdings.version(node, log).tree;
      },
    };
    const { effects, state } = stepPull(comparison.state, event, view);
    comparison.state = state;
    for (const effect of effects) {
      switch (effect.kind) {
        case 'send':
          comparison.questions += 1;
          ground.loop.schedule(ANSWER_TIMEOUT, this.#kinds.timeout, id, comparison.questions);
          post.send(link, { kind: 'question', comparison: id, message: effect.message });
          break;
        case 'store':
          // A log that is known to have forked is not followed any further.
          if (!forks.knows(node, logs.logOf(effect.tail.origin) ?? -1)) this.#store(node, link, effect.tail);
          this.#step(comparison, { kind: 'stored' });
          break;
        case 'evidence':
          forks.found(node, effect.finding);
          break;
        case 'compare':
          this.compare(node, effect.head.text);
          break;
        case 'done':
          if (effect.refused.some(({ code }) => code !== 'SYNC_REFUSED'))
            this.#parts.penalties.failed(ground.wire.topology.reverse[link]!);
          this.#end(comparison);
      }
    }
  }

  /** Stores what a neighbour answered with, and says so for each entry. */
  #store(node: number, link: number, tail: Verified<Tail>): void {
    const { ground, holdings, logs } = this.#parts;
    const log = logs.logOf(tail.origin)!;
    const before = holdings.version(node, log).size;
    holdings.store(node, tail);
    if (ground.sinks.trace === undefined) return;
    const now = holdings.version(node, log);
    const peer = ground.wire.topology.to[link]!;
    for (let size = before + 1; size <= now.size; size++)
      ground.trace('compared', node, peer, nameOfVersion(logs.at(now, size)));
  }

  /** A head that is no longer than the own: the log signed both, so they must be of one history. */
  compare(node: number, text: string): void {
    const { forks, ground, holdings, logs } = this.#parts;
    const older = logs.versionOfText(text);
    if (older === undefined) return;
    const own = holdings.version(node, older.log);
    if (logs.continues(older, own)) return;
    const source = logs.source(own);
    const work = findEquivocation(
      verifyNodeCheckpoint(text),
      verifyNodeCheckpoint(own.head.checkpoint),
      source.nodes,
    );
    ground.defer(
      work.then((finding) => {
        if (finding !== null) forks.found(node, finding);
      }),
    );
  }

  #answer(node: number, link: number, comparison: number, question: SyncMessage): void {
    const { ground, holdings, logs, post } = this.#parts;
    const back = ground.wire.topology.reverse[link]!;
    const reply = (message: SyncMessage) => post.send(back, { kind: 'answer', comparison, message });
    if (question.kind === 'heads-request') {
      reply(answerHeads(holdings.heads(node), question));
      return;
    }
    if (question.kind !== 'tail-request' && question.kind !== 'consistency-request') return;
    const log = logs.logOf(question.origin);
    if (log === undefined) return;
    const version = holdings.version(node, log);
    if (version.size === 0) return;
    const credit = question.kind === 'tail-request' ? question.credit : CREDIT_BYTES_DEFAULT;
    const key = `${question.kind} ${version.id} ${question.from} ${question.to} ${credit}`;
    const known = this.#answers.get(key);
    if (known !== undefined) {
      reply(known);
      return;
    }
    ground.defer(this.#make(key, question, version, reply));
  }

  async #make(
    key: string,
    question: SyncMessage & { kind: 'tail-request' | 'consistency-request' },
    version: Version,
    reply: (message: SyncMessage) => void,
  ): Promise<void> {
    const source = this.#parts.logs.source(version);
    try {
      const message =
        question.kind === 'tail-request'
          ? await tailResponse(question, source)
          : await consistencyResponse(question, source);
      if (this.#answers.size >= ANSWERS_MAX) this.#answers.clear();
      this.#answers.set(key, message);
      reply(message);
    } catch (error) {
      if (!isZeroError(error)) throw error;
      reply({ kind: 'refusal', code: error.code, retryAfterMs: 1_000 });
    }
  }

  #timeout(id: number, questions: number): void {
    const comparison = this.#open.get(id);
    if (comparison === undefined || comparison.questions !== questions) return;
    this.#timedOut += 1;
    this.#end(comparison);
  }

  #end(comparison: Comparison | undefined): void {
    if (comparison === undefined) return;
    this.#open.delete(comparison.id);
    if (this.#ofNode.get(comparison.node) === comparison.id) this.#ofNode.delete(comparison.node);
    this.#parts.onEnd(comparison.node);
  }
}
