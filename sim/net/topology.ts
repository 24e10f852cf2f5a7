// Who is connected to whom, and how long a message takes: a ring with random chords over a flat map.

import { type RandomStream, randomStream } from '../random.ts';

/** A directed graph in compressed rows: the links of node n are `first[n]` up to `first[n + 1]`. */
export interface Topology {
  readonly nodes: number;
  readonly first: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Index of the same link in the other direction. */
  readonly reverse: Int32Array;
  /** One-way delay in microseconds, before jitter. */
  readonly delay: Float64Array;
}

export interface TopologyOptions {
  readonly nodes: number;
  /** Mean number of links of a node, at least 2. */
  readonly degree: number;
  /** One-way delay between neighbours on the map, in milliseconds. */
  readonly delayMsMin: number;
  /** One-way delay between the two farthest points of the map, in milliseconds. */
  readonly delayMsMax: number;
  readonly seed: number;
}

function chords(nodes: number, degree: number, stream: RandomStream): [number, number][] {
  const pairs: [number, number][] = [];
  const known = new Set<number>();
  const add = (a: number, b: number): void => {
    const key = Math.min(a, b) * nodes + Math.max(a, b);
    if (a === b || known.has(key)) return;
    known.add(key);
    pairs.push([a, b]);
  };
  // The ring keeps the graph in one piece, whatever the chords are.
  for (let node = 0; node < nodes; node++) add(node, (node + 1) % nodes);
  const wanted = Math.min(Math.floor((nodes * degree) / 2), (nodes * (nodes - 1)) / 2);
  // Drawing pairs that exist already is rare in a sparse graph; the bound is for the dense one.
  for (let tries = 0; pairs.length < wanted && tries < 20 * wanted; tries++)
    add(stream.below(nodes), stream.below(nodes));
  return pairs;
}

/** A connected random graph whose delays follow distances on a torus of area one. Same options, same graph. */
export function randomTopology(options: TopologyOptions): Topology {
  const { nodes, degree, delayMsMin, delayMsMax, seed } = options;
  const pairs = chords(nodes, degree, randomStream(seed, 'topology'));
  const places = randomStream(seed, 'places');
  const xs = Float64Array.from({ length: nodes }, () => places.unit());
  const ys = Float64Array.from({ length: nodes }, () => places.unit());
  const count = pairs.length * 2;
  const first = new Int32Array(nodes + 1);
  for (const pair of pairs) for (const node of pair) first[node + 1]! += 1;
  for (let node = 0; node < nodes; node++) first[node + 1]! += first[node]!;
  const next = first.slice();
  const from = new Int32Array(count);
  const to = new Int32Array(count);
  const reverse = new Int32Array(count);
  const delay = new Float64Array(count);
  for (const [a, b] of pairs) {
    const forward = next[a]!++;
    const back = next[b]!++;
    const dx = Math.abs(xs[a]! - xs[b]!);
    const dy = Math.abs(ys[a]! - ys[b]!);
    const distance = Math.hypot(Math.min(dx, 1 - dx), Math.min(dy, 1 - dy)) / Math.SQRT1_2;
    const ms = delayMsMin + (delayMsMax - delayMsMin) * distance;
    for (const [link, source, target, other] of [
      [forward, a, b, back],
      [back, b, a, forward],
    ] as const) {
      from[link] = source;
      to[link] = target;
      reverse[link] = other;
      delay[link] = ms * 1_000;
    }
  }
  return { nodes, first, from, to, reverse, delay };
}
