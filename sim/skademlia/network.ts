// A settled Kademlia network as typed arrays: who knows whom. Pure; the same seed gives the same tables.

import { type RandomStream, randomStream } from '../random.ts';

/** Bits of an id here: enough to tell ten thousand nodes apart; real ones have 256. */
const ID_BITS = 32;
/** Most nodes of a network: a table takes some kB. */
export const NODES_MAX: number = 100_000;

/** Larger than any node's number; with a distance in front it still fits a float. */
const NUMBER_RANGE = 2 ** 17;

/** A network. Nodes are numbered in the order of their ids. */
export interface Network {
  readonly nodes: number;
  readonly k: number;
  readonly ids: Uint32Array;
  /** 1 for nodes that belong to the adversary. */
  readonly isAdversary: Uint8Array;
  /** Contacts of node n: `contacts[first[n]]` up to `first[n + 1]`. */
  readonly first: Int32Array;
  readonly contacts: Int32Array;
}

function distinctIds(nodes: number, stream: RandomStream): Uint32Array {
  const seen = new Set<number>();
  while (seen.size < nodes) seen.add(stream.uint32());
  return Uint32Array.from(seen).sort();
}

/** First index whose id is at least `id`. */
function lowerBound(ids: Uint32Array, id: number): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ids[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Which nodes are the adversary's: an exact share, drawn by the seed. With a larger share the earlier ones stay. */
export function castAdversaries(nodes: number, share: number, seed: number): Uint8Array {
  const isAdversary = new Uint8Array(nodes);
  const order = shuffled(nodes, randomStream(seed, 'adversaries'));
  for (const node of order.subarray(0, Math.round(share * nodes))) isAdversary[node] = 1;
  return isAdversary;
}

/**
 * Every node knows up to `k` nodes of each bucket, at random among those there are: tables after long running without churn. The bucket
 * of the own neighbourhood is complete, as the sibling list of S/Kademlia makes it.
 */
export function makeNetwork(options: { nodes: number; k: number; share: number; seed: number }): Network {
  const { nodes, k, share, seed } = options;
  const ids = distinctIds(nodes, randomStream(seed, 'ids'));
  const isAdversary = castAdversaries(nodes, share, seed);
  const first = new Int32Array(nodes + 1);
  const contacts: number[] = [];
  for (let node = 0; node < nodes; node++) {
    const stream = randomStream(seed, 'table', node);
    const id = ids[node]!;
    for (let bit = 0; bit < ID_BITS; bit++) {
      // Ids that share the first `bit` bits and differ in the next one.
      const size = 2 ** (ID_BITS - 1 - bit);
      const low = (Math.floor(id / size) ^ 1) * size;
      const from = lowerBound(ids, low);
      const to = low + size >= 2 ** ID_BITS ? nodes : lowerBound(ids, low + size);
      for (const contact of chosen(from, to, k, stream)) contacts.push(contact);
    }
    first[node + 1] = contacts.length;
  }
  return { nodes, k, ids, isAdversary, first, contacts: Int32Array.from(contacts) };
}

/** Numbers from 0 up to `count` in random order. */
function shuffled(count: number, stream: RandomStream): Int32Array {
  const order = Int32Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at--) {
    const other = stream.below(at + 1);
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}

function chosen(from: number, to: number, k: number, stream: RandomStream): Set<number> {
  const picked = new Set<number>();
  if (to - from <= k) for (let node = from; node < to; node++) picked.add(node);
  else while (picked.size < k) picked.add(from + stream.below(to - from));
  return picked;
}

/** The `k` contacts of a node that are closest to an id, the closest first. */
export function closest(network: Network, node: number, target: number): number[] {
  const { contacts, first, ids, k } = network;
  const from = first[node]!;
  // Distance and number in one float, since sorting plain numbers is many times as fast as sorting by a function.
  const keys = new Float64Array(first[node + 1]! - from);
  for (let at = 0; at < keys.length; at++) {
    const contact = contacts[from + at]!;
    keys[at] = ((ids[contact]! ^ target) >>> 0) * NUMBER_RANGE + contact;
  }
  return Array.from(keys.sort().subarray(0, k), (key) => key % NUMBER_RANGE);
}
