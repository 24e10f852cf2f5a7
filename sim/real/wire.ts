// The scenario's wire as TCP lets it be felt: nothing is lost for good, what is lost or cut is sent again and comes later, in order.

import type { Wire } from '../net/wire.ts';
import type { SimulatedWire } from './connection.ts';

const MS = 1_000;
/** Least time until TCP sends a lost segment again (RTO minimum of Linux), and the longest, in microseconds. */
const RESEND_US_MIN = 200 * MS;
const RESEND_US_MAX = 120_000 * MS;
/** Times that a segment is sent again before the connection counts as broken (tcp_retries2 of Linux). */
const RESENDS_MAX = 15;

/** Delays between hosts, by number. Times are virtual microseconds. */
export class ReliableWire implements SimulatedWire {
  readonly #wire: Wire;
  readonly #links = new Map<number, number>();
  #origin = Number.POSITIVE_INFINITY;

  constructor(wire: Wire) {
    this.#wire = wire;
    const { from, nodes, to } = wire.topology;
    for (let link = 0; link < to.length; link++) this.#links.set(from[link]! * nodes + to[link]!, link);
  }

  /** The scenario's own time begins: losses, queues and cuts are felt from here on. */
  begin(at: number): void {
    this.#origin = at;
  }

  /** Whether these two can speak at all: only neighbours of the topology can. */
  reaches(from: number, to: number): boolean {
    return this.#link(from, to) !== undefined;
  }

  /** How long what is sent now takes to arrive; Infinity when it never does. */
  delay(from: number, to: number, bytes: number, now: number): number {
    const link = this.#link(from, to);
    if (link === undefined) return Number.POSITIVE_INFINITY;
    const began = now - this.#origin;
    if (began < 0) return this.#wire.topology.delay[link]!;
    let waited = 0;
    let resend = RESEND_US_MIN;
    for (let tries = 0; tries <= RESENDS_MAX; tries++) {
      const took = this.#wire.transmit(link, bytes, began + waited);
      if (took >= 0) return waited + took;
      waited += resend;
      resend = Math.min(2 * resend, RESEND_US_MAX);
    }
    return Number.POSITIVE_INFINITY;
  }

  #link(from: number, to: number): number | undefined {
    return this.#links.get(from * this.#wire.topology.nodes + to);
  }
}
