// The network of a scenario: who is where, who is connected with whom, and what a message takes when nothing is wrong.

import { randomStream } from '../random.ts';
import type { OverlayScenario } from './scenario.ts';

/** Where regions are and how wide, as a map whose unit is a millisecond one way; and what the last mile adds. */
const AROUND_MS = 35;
const WIDE_MS = 10;
const LAST_MILE_MS = 1;
/** Relays of each other region that a relay is connected with. */
const BACKBONE_LINKS = 2;

export interface OverlayNetwork {
  /** Relays come first, then edges. */
  readonly count: number;
  readonly region: Int32Array;
  readonly neighbours: readonly number[][];
  /** For each node the neighbour that is its configured way out. */
  readonly backbone: Int32Array;
  /** Edges that each edge asks; empty for relays. */
  readonly partners: readonly number[][];
  /** One way, in milliseconds. */
  delay(a: number, b: number): number;
}

export function makeNetwork(scenario: OverlayScenario): OverlayNetwork {
  const { relays, regions, edges, homes, seed } = scenario;
  const count = relays + edges;
  const random = randomStream(seed, 'network');
  const region = Int32Array.from({ length: count }, (_, node) => node % regions);
  const places = Array.from({ length: count }, (_, node) => {
    const turn = (2 * Math.PI * (node % regions)) / regions;
    const off = () => WIDE_MS * (2 * random.unit() - 1);
    return [AROUND_MS * Math.cos(turn) + off(), AROUND_MS * Math.sin(turn) + off()] as const;
  });
  const delay = (a: number, b: number) =>
    2 * LAST_MILE_MS + Math.hypot(places[a]![0] - places[b]![0], places[a]![1] - places[b]![1]);

  const neighbours: number[][] = Array.from({ length: count }, () => []);
  const join = (a: number, b: number): void => {
    if (a === b || neighbours[a]!.includes(b)) return;
    neighbours[a]!.push(b);
    neighbours[b]!.push(a);
  };
  for (let relay = 0; relay < relays; relay++) {
    for (let other = 0; other < relay; other++) if (region[relay] === region[other]) join(relay, other);
    for (let elsewhere = 0; elsewhere < regions; elsewhere++) {
      if (elsewhere === region[relay]) continue;
      const there = ids(relays).filter((other) => region[other] === elsewhere);
      for (let link = 0; link < BACKBONE_LINKS; link++) join(relay, there[(relay + link) % there.length]!);
    }
  }
  for (let edge = relays; edge < count; edge++) {
    const near = ids(relays).filter((relay) => homes === 'all' || region[relay] === region[edge]);
    for (let at = 0; at < (homes === 'all' ? relays : homes); at++)
      join(edge, near[(edge + at) % near.length]!);
  }
  const backbone = Int32Array.from({ length: count }, (_, node) => {
    const forwarding = neighbours[node]!.filter((other) => other < relays);
    return forwarding.reduce((best, other) => (delay(node, other) < delay(node, best) ? other : best));
  });
  const partners = Array.from({ length: count }, (_, node) => {
    const chosen: number[] = [];
    // There are no more others than that.
    const wanted = Math.min(scenario.partners, edges - 1);
    while (node >= relays && chosen.length < wanted) {
      const other = relays + random.below(edges);
      if (other !== node && !chosen.includes(other)) chosen.push(other);
    }
    return chosen;
  });
  return { count, region, neighbours, backbone, partners, delay };
}

const ids = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
