// What is measured of a routing policy: streams between edges that are set up anew, and one request on each; and what befalls the relays meanwhile.

import { peerIdFromString } from '@libp2p/peer-id';
import type { ZerostateNode } from '../../node/index.ts';
import { REQUEST_MS_MAX } from '../../sim/stage/stage.ts';
import { percentile } from './node-rig.ts';

/** Characters of a failure that are shown. */
const FAILURE_CHARS = 160;

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
export interface Streamed {
  readonly setup: number;
  readonly request: number;
  /** The path of the link, where the caller opened that. */
  readonly path?: readonly string[];
  /** Why it failed, in words. */
  readonly error?: string;
}

/** The same, with what both ends know of the link. */
export interface Outcome extends Streamed {
  readonly path: readonly string[];
  /** It ran on a link that was up. */
  readonly kept: boolean;
}

/** One new stream between two edges, and one request on it; milliseconds of both, and the relays that carried them. */
export async function one(
  { node: from }: { readonly node: ZerostateNode },
  { node: to }: { readonly node: ZerostateNode },
  protocol: string,
): Promise<Outcome> {
  const before = linkPath(from, to.peerId) ?? linkPath(to, from.peerId);
  return outcomeOf(await streamTo(from, to.peerId, protocol), before);
}

/** What became of a stream between two of whose link this path was known before: the other end of a link knows its last relay alone. */
export function outcomeOf(streamed: Streamed, before: readonly string[] | undefined): Outcome {
  return { ...streamed, path: streamed.path ?? before ?? [], kept: before !== undefined };
}

/** One new stream to a peer, and one request on it. Its link ends afterwards. */
export async function streamTo(from: ZerostateNode, to: string, protocol: string): Promise<Streamed> {
  const signal = AbortSignal.timeout(REQUEST_MS_MAX);
  const began = performance.now();
  let setup = REQUEST_MS_MAX;
  let known: { readonly path?: readonly string[] } = {};
  try {
    const connection = await from.host.services.links.call(peerIdFromString(to), signal);
    const path = linkPath(from, to);
    known = path === undefined ? {} : { path };
    try {
      const stream = await connection.newStream(protocol, { signal, runOnLimitedConnection: true });
      setup = performance.now() - began;
      await new Promise<void>((resolve, reject) => {
        stream.addEventListener('message', () => resolve(), { once: true });
        stream.addEventListener('close', () => reject(new Error('closed')), { once: true });
        signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
        stream.send(Uint8Array.of(1));
      });
      return { setup, request: performance.now() - began - setup, ...known };
    } finally {
      connection.abort(new Error('measured'));
    }
  } catch (error) {
    return { setup, request: REQUEST_MS_MAX, ...known, error: (error as Error).message };
  }
}

/** The path of the link that a node opened to a peer; undefined when none is up. */
export function linkPath({ routing }: ZerostateNode, peer: string): readonly string[] | undefined {
  return routing.links().findLast((link) => link.direction === 'outbound' && link.peer === peer)?.path;
}

/** Why a stream between two failed, in a line; undefined when it did not. */
export function failureOf(
  { error, kept }: Outcome,
  from: { readonly name: string },
  to: { readonly name: string },
): string | undefined {
  if (error === undefined) return undefined;
  const where = kept ? 'on a link that was up' : 'on a new link';
  return `${from.name} to ${to.name}, ${where}: ${error.slice(0, FAILURE_CHARS)}`;
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
