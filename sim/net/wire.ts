// What happens to a message between two nodes: delay with jitter, loss, the sender's line, cuts. Draws are those of the sending
// node alone, so that one node's traffic never shifts another's luck.

import { type RandomStream, randomStream } from '../random.ts';
import type { Scenario } from '../scenario/index.ts';
import { Uplinks } from './bandwidth.ts';
import { Jitter } from './jitter.ts';
import { LinkLoss } from './loss.ts';
import { readMatrix } from './matrix.ts';
import { Partitions } from './partitions.ts';
import { randomTopology, type Topology } from './topology.ts';

const MS = 1_000;
const SECOND = 1_000_000;

/** The links of a run, and what they do. */
export class Wire {
  readonly topology: Topology;
  /** From here on nothing is lost or cut, in microseconds; Infinity without healing. */
  readonly healedAt: number;
  readonly #streams: readonly RandomStream[];
  /** Undefined where delays are always the same. */
  readonly #jitter: Jitter | undefined;
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
    this.#jitter = latency.jitterSigma > 0 ? new Jitter(latency.jitterSigma) : undefined;
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
    const jitter = this.#jitter === undefined ? 1 : this.#jitter.factor(stream.uint32());
    const lost = this.#loss.lost(link, now, stream);
    const queued = this.#uplinks.delay(from, bytes, now);
    if (lost || queued < 0 || this.#partitions.cuts(from, this.topology.to[link]!, now)) {
      this.#lost += 1;
      return -1;
    }
    return queued + this.topology.delay[link]! * jitter;
  }

  #measured(file: string): void {
    const { rows, delays } = readMatrix(file);
    const { delay, from, to } = this.topology;
    for (let link = 0; link < to.length; link++)
      delay[link] = delays[(from[link]! % rows) * rows + (to[link]! % rows)]! * MS;
  }
}
