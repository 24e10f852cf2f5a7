// Gossip over a random graph under virtual time: every node forwards what is new to its neighbours, transmissions are
// delayed and lost, and anti-entropy with a random neighbour brings what was missed. A model, not the node's code.

import { EventLoop } from '../event-loop.ts';
import { type RandomStream, randomStream } from '../random.ts';
import type { GossipResult, GossipScenario } from './scenario.ts';
import { randomTopology, type Topology } from './topology.ts';

const MS = 1_000;
/** Longest path that is counted; longer ones count as this. An 8-bit counter keeps a million nodes small. */
const HOPS_MAX = 255;

/** Value below which the share `q` of the sorted values lies (nearest rank). */
function quantile(sorted: Float64Array, q: number): number {
  return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)]!;
}

class GossipRun {
  readonly #scenario: GossipScenario;
  readonly #loop = new EventLoop();
  readonly #topology: Topology;
  readonly #links: readonly RandomStream[];
  readonly #choices: readonly RandomStream[];
  /** Arrival time of message m at node n at [n * messages + m], in microseconds; NaN before. */
  readonly #arrivedAt: Float64Array;
  readonly #hops: Uint8Array;
  readonly #publishedAt: Float64Array;
  readonly #kinds: { publish: number; arrive: number; sync: number; repair: number };
  #arrivals = 0;
  #transmissions = 0;
  #duplicates = 0;
  #repairs = 0;

  constructor(scenario: GossipScenario) {
    const { nodes, messages, seed } = scenario;
    this.#scenario = scenario;
    this.#topology = randomTopology(scenario);
    // One stream per node and purpose: changing what anti-entropy draws leaves losses and delays as they were.
    this.#links = Array.from({ length: nodes }, (_, node) => randomStream(seed, 'links', node));
    this.#choices = Array.from({ length: nodes }, (_, node) => randomStream(seed, 'anti-entropy', node));
    this.#arrivedAt = new Float64Array(nodes * messages).fill(Number.NaN);
    this.#hops = new Uint8Array(nodes * messages);
    this.#publishedAt = new Float64Array(messages);
    this.#kinds = {
      publish: this.#loop.on((node, message) => this.#publish(node, message)),
      arrive: this.#loop.on((link, message) => this.#arrive(link, message)),
      sync: this.#loop.on((node) => this.#sync(node)),
      repair: this.#loop.on((link) => this.#repair(link)),
    };
  }

  run(): GossipResult {
    const { seed, nodes, messages, publishEveryMs, antiEntropyMs, seconds } = this.#scenario;
    const publishers = randomStream(seed, 'publishers');
    for (let message = 0; message < messages; message++) {
      this.#loop.schedule(
        message * publishEveryMs * MS,
        this.#kinds.publish,
        publishers.below(nodes),
        message,
      );
    }
    if (antiEntropyMs > 0) {
      for (let node = 0; node < nodes; node++) {
        this.#loop.schedule(this.#choices[node]!.unit() * antiEntropyMs * MS, this.#kinds.sync, node);
      }
    }
    this.#loop.run({ until: seconds * 1_000 * MS });
    return this.#result();
  }

  #publish(node: number, message: number): void {
    this.#publishedAt[message] = this.#loop.now;
    this.#receive(node, message, 0, -1);
  }

  #arrive(link: number, message: number): void {
    const { from, to } = this.#topology;
    const hops = this.#hops[from[link]! * this.#scenario.messages + message]! + 1;
    this.#receive(to[link]!, message, hops, link);
  }

  #receive(node: number, message: number, hops: number, link: number): boolean {
    const slot = node * this.#scenario.messages + message;
    if (!Number.isNaN(this.#arrivedAt[slot]!)) {
      this.#duplicates += 1;
      return false;
    }
    this.#arrivedAt[slot] = this.#loop.now;
    this.#hops[slot] = Math.min(hops, HOPS_MAX);
    this.#arrivals += 1;
    const { first, reverse } = this.#topology;
    const back = link < 0 ? -1 : reverse[link]!;
    for (let next = first[node]!; next < first[node + 1]!; next++) {
      if (next !== back) this.#send(node, next, this.#kinds.arrive, message);
    }
    // Complete means that nothing a node could still do would change the outcome.
    if (this.#arrivals === this.#arrivedAt.length) this.#loop.stop();
    return true;
  }

  #send(node: number, link: number, kind: number, operand: number): void {
    const stream = this.#links[node]!;
    const { loss, jitterMs } = this.#scenario;
    this.#transmissions += 1;
    // Both numbers are drawn in any case, so that a loss does not shift the delays after it.
    const lost = stream.unit() < loss;
    const delay = this.#topology.delay[link]! + stream.exponential(jitterMs * MS);
    if (!lost) this.#loop.schedule(delay, kind, link, operand);
  }

  #sync(node: number): void {
    const { first, reverse, delay } = this.#topology;
    const choices = this.#choices[node]!;
    const links = first[node + 1]! - first[node]!;
    const link = first[node]! + choices.below(links);
    // The question travels to the neighbour and back; the answer is what the neighbour has when it comes.
    const lost = choices.unit() < this.#scenario.loss;
    if (!lost) this.#loop.schedule(2 * delay[link]!, this.#kinds.repair, reverse[link]!);
    this.#transmissions += 1;
    this.#loop.schedule(this.#scenario.antiEntropyMs * MS, this.#kinds.sync, node);
  }

  #repair(link: number): void {
    const { from, to } = this.#topology;
    const { messages } = this.#scenario;
    const source = from[link]! * messages;
    const target = to[link]! * messages;
    for (let message = 0; message < messages; message++) {
      if (
        Number.isNaN(this.#arrivedAt[source + message]!) ||
        !Number.isNaN(this.#arrivedAt[target + message]!)
      )
        continue;
      if (this.#receive(to[link]!, message, this.#hops[source + message]! + 1, link)) this.#repairs += 1;
    }
  }

  #result(): GossipResult {
    const { messages } = this.#scenario;
    const latencies = new Float64Array(this.#arrivals);
    let count = 0;
    let hopSum = 0;
    let hopMax = 0;
    for (const [slot, time] of this.#arrivedAt.entries()) {
      if (Number.isNaN(time)) continue;
      latencies[count++] = (time - this.#publishedAt[slot % messages]!) / MS;
      hopSum += this.#hops[slot]!;
      hopMax = Math.max(hopMax, this.#hops[slot]!);
    }
    latencies.sort();
    const share = (part: number): number => (this.#arrivals === 0 ? 0 : part / this.#arrivals);
    return {
      coverage: this.#arrivals / this.#arrivedAt.length,
      latencyMs: {
        p50: quantile(latencies, 0.5),
        p95: quantile(latencies, 0.95),
        p99: quantile(latencies, 0.99),
        max: latencies.at(-1) ?? 0,
      },
      hops: { mean: share(hopSum), max: hopMax },
      transmissions: this.#transmissions,
      duplicates: share(this.#duplicates),
      repaired: share(this.#repairs),
      events: this.#loop.handled,
      virtualSeconds: this.#loop.now / 1_000_000,
      traceHash: this.#loop.traceHash(),
    };
  }
}

/** Runs one scenario to its end. The same scenario gives the same result on every machine. */
export function runGossip(scenario: GossipScenario): GossipResult {
  return new GossipRun(scenario).run();
}
