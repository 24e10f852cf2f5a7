// Gossip topics of a node, with validators. This is the one place that maps verdicts to gossipsub's.

import { TopicValidatorResult } from '@libp2p/gossipsub';
import type { PeerId } from '@libp2p/interface';
import { isZeroError } from '../../protocol/errors/index.ts';
import { type Admission, BUDGETS, type Lane } from '../admission/index.ts';
import type { Host } from '../host/create.ts';
import { GOSSIP_MESSAGE_BYTES_MAX } from '../host/limits.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { type TopicName, topicOf } from './topics.ts';

export { TOPIC_NAMES, type TopicName, topicOf, topicsOf } from './topics.ts';

/** Heads that one peer may pass on: as many as its messages in all, in a budget of their own. */
const HEADS: Lane = { id: 'gossip heads', ...BUDGETS.messages, sheds: 'urgent' };

/** accept: new and valid, pass it on. ignore: duplicate, stale or not to be judged now. reject: provably invalid, its sender pays. */
export type Verdict = 'accept' | 'ignore' | 'reject';

/** Judges one message. What it accepts it has stored already. */
export type GossipValidator = (data: Uint8Array, from: PeerId) => Promise<Verdict>;

/** What somebody waits for goes to every peer at once and not along the mesh only. It saves a step, and costs a frame for each peer. */
const URGENT: ReadonlySet<TopicName> = new Set(['heads', 'guild']);

const RESULTS: Record<Verdict, TopicValidatorResult> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
};

/** The publishing of gossipsub, with an option that its interface leaves out. */
interface Publishing {
  publish(
    topic: string,
    data: Uint8Array,
    options?: { floodPublish?: boolean },
  ): Promise<{ recipients: readonly PeerId[] }>;
}

/** Subscribes and publishes. */
export class Gossip {
  readonly #host: Host;
  readonly #network: string;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #admission: Admission;

  constructor(deps: { host: Host; network: string; log: Logger; metrics: Metrics; admission: Admission }) {
    this.#admission = deps.admission;
    this.#host = deps.host;
    this.#network = deps.network;
    this.#log = deps.log;
    this.#metrics = deps.metrics;
  }

  /** Subscribes to a topic; every message goes through `validate`. */
  subscribe(name: TopicName, validate: GossipValidator): void {
    const topic = topicOf(this.#network, name);
    this.#host.services.pubsub.topicValidators.set(
      topic,
      async (from, message) => RESULTS[await this.#judge(name, validate, message.data, from)],
    );
    this.#host.services.pubsub.subscribe(topic);
  }

  /**
   * Publishes bytes; returns how many peers got them directly. Gossip is best effort: no peers is no error. What nobody waits for may be
   * told along the mesh only, whatever its topic.
   */
  async publish(name: TopicName, data: Uint8Array, isUrgent = URGENT.has(name)): Promise<number> {
    try {
      const pubsub: Publishing = this.#host.services.pubsub;
      const { recipients } = await pubsub.publish(topicOf(this.#network, name), data, {
        floodPublish: isUrgent,
      });
      return recipients.length;
    } catch (error) {
      this.#log.debug({ topic: name, error: (error as Error).message }, 'gossip publish failed');
      return 0;
    }
  }

  async #judge(name: TopicName, validate: GossipValidator, data: Uint8Array, from: PeerId): Promise<Verdict> {
    const verdict = await this.#verdict(name, validate, data, from);
    this.#metrics.count('zerostate_gossip_messages_total', { topic: name, verdict });
    if (verdict === 'reject') {
      this.#admission.failed(from.toString());
      this.#log.debug({ topic: name, from: from.toString() }, 'invalid gossip message');
    }
    return verdict;
  }

  async #verdict(
    name: TopicName,
    validate: GossipValidator,
    data: Uint8Array,
    from: PeerId,
  ): Promise<Verdict> {
    const peer = from.toString();
    if (data.length > GOSSIP_MESSAGE_BYTES_MAX) return 'reject';
    // Heads are how a revocation is heard of: whatever else the same peer sends does not keep them out.
    const isTaken =
      name === 'heads' ? this.#admission.ask(peer, HEADS) : this.#admission.charge(peer, 'messages');
    if (!isTaken) return 'ignore';
    const started = performance.now();
    try {
      // What runs before the first wait is the checking of bytes and signatures: that is charged, waiting is not.
      const judged = validate(data, from);
      this.#admission.charge(peer, 'cpuMs', performance.now() - started);
      return await judged;
    } catch (error) {
      // What a verifier refuses is provably invalid; anything else (disk, network) is our trouble and not the sender's.
      return isZeroError(error) && error.exit === 3 ? 'reject' : 'ignore';
    }
  }
}
