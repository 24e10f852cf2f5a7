// What happens to a message between two nodes: delay with jitter, loss, the sender's line, cuts. Draws are those of the sending
// node alone, so that one node's traffic never shifts another's luck.

import { type RandomStream, randomStream } from '../random.ts';
import type { Scenario } from '../scenario/index.ts';
import { Uplinks } from './bandwidth.ts';
import { LinkLoss } from './loss.ts';
import { readMatrix } from './matrix.ts';
import { Partitions } from './partitions.ts';
import { randomTopology, type Topology } from './topology.ts';

const MS = 1_000;
const SECOND = 1_000_000;
/** A delay is at most so many times its base: the tail of the lognormal must not hold up the end of a run. */
const JITTER_FACTOR_MAX = 20;
const TWO_32 = 4_294_967_296;

/** The links of a run, and what they do. */
export class Wire {
  readonly topology: Topology;
  /** From here on nothing is lost or cut, in microseconds; Infinity without healing. */
  readonly healedAt: number;
  readonly #streams: readonly RandomStream[];
  readonly #sigma: number;
  readonly #loss: LinkLoss;
  readonly #uplinks: Uplinks;
  readonly #partitions: Partitions;
  #sent = 0;
  #lost = 0;
  #bytes = 0;

  constructor(scenario: Scenario, seed: number) {
    const { network, topology } = scenario;
    const { latency, healSeconds } = network;
    this.healedAt = healSeconds > 0 ? healSeconds * SECOND : Number.POSITIVE_INFINITY;
    this.topology = randomTopology({
      ...topology,
      delayMsMin: latency.minMs,
      delayMsMax: latency.maxMs,
      seed,
    });
    if (latency.matrixFile !== '') this.#measured(latency.matrixFile);
    this.#streams = Array.from({ length: topology.nodes }, (_, node) => randomStream(seed, 'wire', node));
    this.#sigma = latency.jitterSigma;
    this.#loss = new LinkLoss(network.loss, this.topology.to.length, this.healedAt);
    this.#uplinks = new Uplinks(network.bandwidth, topology.nodes);
    this.#partitions = new Partitions(network.partitions, topology.nodes, seed, this.healedAt);
  }

  /** Messages and bytes handed to the network so far, and messages that it lost. */
  get counts(): { readonly sent: number; readonly lost: number; readonly bytes: number } {
    return { sent: this.#sent, lost: this.#lost, bytes: this.#bytes };
  }

  /** Microseconds until a message of so many bytes arrives over a link, or -1 when it never does. */
  transmit(link: number, bytes: number, now: number): number {
    const from = this.topology.from[link]!;
    const stream = this.#streams[from]!;
    this.#sent += 1;
    this.#bytes += bytes;
    // All numbers are drawn in any case: a loss does not shift the delays after it.
    const jitter = this.#sigma === 0 ? 1 : this.#jitter(stream);
    const lost = this.#loss.lost(link, now, stream);
    const queued = this.#uplinks.delay(from, bytes, now);
    if (lost || queued < 0 || this.#partitions.cuts(from, this.topology.to[link]!, now)) {
      this.#lost += 1;
      return -1;
    }
    return queued + this.topology.delay[link]! * jitter;
  }

  /** Lognormal with median 1 (Box and Muller). */
  #jitter(stream: RandomStream): number {
    const radius = Math.sqrt(-2 * Math.log((stream.uint32() + 1) / TWO_32));
    const angle = (2 * Math.PI * stream.uint32()) / TWO_32;
    return Math.min(JITTER_FACTOR_MAX, Math.exp(this.#sigma * radius * Math.cos(angle)));
  }

  #measured(file: string): void {
    const { rows, delays } = readMatrix(file);
    const { delay, from, to } = this.topology;
    for (let link = 0; link < to.length; link++)
      delay[link] = delays[(from[link]! % rows) * rows + (to[link]! % rows)]! * MS;
  }
}
