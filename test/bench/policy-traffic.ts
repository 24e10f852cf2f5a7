// What is measured of a routing policy: streams between edges that are set up anew, and one request on each; and what befalls the relays meanwhile.

import { peerIdFromString } from '@libp2p/peer-id';
import type { ZerostateNode } from '../../node/index.ts';
import { REQUEST_MS_MAX } from '../../sim/stage/stage.ts';
import { percentile } from './node-rig.ts';

/** All streams of one policy on one day. */
export interface Samples {
  readonly setup: number[];
  readonly request: number[];
  failed: number;
  /** Paths that went through the relay that lies. */
  byLiar: number;
  /** Relays on all paths together. */
  relays: number;
  /** Streams on a link that was up: they keep its path. */
  kept: number;
}

export const samples = (): Samples => ({
  setup: [],
  request: [],
  failed: 0,
  byLiar: 0,
  relays: 0,
  kept: 0,
});

/** What became of one stream. */
export interface Outcome {
  readonly setup: number;
  readonly request: number;
  readonly path: readonly string[];
  /** It ran on a link that was up. */
  readonly kept: boolean;
  readonly error?: Error;
}

/** One new stream between two edges, and one request on it; milliseconds of both, and the relays that carried them. */
export async function one(
  { node: from }: { readonly node: ZerostateNode },
  { node: to }: { readonly node: ZerostateNode },
  protocol: string,
): Promise<Outcome> {
  const signal = AbortSignal.timeout(REQUEST_MS_MAX);
  const began = performance.now();
  const peer = peerIdFromString(to.peerId);
  let setup = REQUEST_MS_MAX;
  let path: readonly string[] = [];
  const kept = pathOf(from, to) !== undefined;
  try {
    const connection = await from.host.services.links.call(peer, signal);
    path = pathOf(from, to) ?? [];
    try {
      const stream = await connection.newStream(protocol, { signal, runOnLimitedConnection: true });
      setup = performance.now() - began;
      await new Promise<void>((resolve, reject) => {
        stream.addEventListener('message', () => resolve(), { once: true });
        stream.addEventListener('close', () => reject(new Error('closed')), { once: true });
        signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
        stream.send(Uint8Array.of(1));
      });
      return { setup, request: performance.now() - began - setup, path, kept };
    } finally {
      connection.abort(new Error('measured'));
    }
  } catch (error) {
    return { setup, request: REQUEST_MS_MAX, path, kept, error: error as Error };
  }
}

/** The path of the link between two, as whoever called says: the other end knows its last relay alone. */
function pathOf(from: ZerostateNode, to: ZerostateNode): readonly string[] | undefined {
  const of = (one: ZerostateNode, other: ZerostateNode) =>
    one.routing.links().findLast(({ direction, peer }) => direction === 'outbound' && peer === other.peerId);
  return (of(from, to) ?? of(to, from))?.path;
}

/** Counts one in. */
export function take(into: Samples, { error, kept, path, request, setup }: Outcome, liar: string): void {
  into.setup.push(setup);
  into.request.push(request);
  if (path.includes(liar)) into.byLiar += 1;
  into.relays += path.length;
  if (kept) into.kept += 1;
  if (error !== undefined) into.failed += 1;
}

/** Median, p95 and p99 of some milliseconds, in words. */
export const show = (list: readonly number[]): string =>
  [0.5, 0.95, 0.99].map((p) => `p${p * 100} ${Math.round(percentile(list, p))}`).join(' ');
