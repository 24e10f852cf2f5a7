// Opens paths to a peer and seals them. A relay that takes a stream over and then carries nothing is passed over for another (path-race.ts): its path
// is never sealed, and who opened it is told on. Must not: keep links, or choose who is next.

import type { MessageStream, PeerId, Stream } from '@libp2p/interface';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { RoutingPace } from '../../protocol/routing/index.ts';
import { SEAL_MS_MAX } from './limits.ts';
import { type PathAttempt, PathRace } from './path-race.ts';
import type { Sealer } from './sealed-path.ts';

/** The handshake over a path takes one and a half times as long as opening it: it gets this many times that, and so much more, while there are other paths. */
const PATIENCE = 4;
const PATIENCE_MS = 800;

/** A path that a hop has opened to a peer, not yet sealed. */
export interface OpenPath {
  readonly stream: Stream;
  /** The stream's name on every hop. */
  readonly name: string;
  /** Relays on it, the first at the front. */
  readonly path: readonly string[];
  /** Told of what is carried over it once it is sealed, before it is sealed: towards the peer (up), or back (down). */
  readonly onBytes?: (up: number, down: number) => void;
}

/** Relays that a path shall not go through. */
export interface Around {
  /** Not as the first: of paths that just broke, or are under way beside it. */
  readonly first: readonly string[];
  /** Not at all. */
  readonly anywhere: readonly string[];
}

/** Told of a path while it is being opened. */
export interface PathWatch {
  /** Asked before each first relay that is tried; once it says no, no further one is. */
  mayTry(relay: string): boolean;
  opened(path: readonly string[]): void;
}

/** Opens a path to a peer. Throws ROUTE_NONE, ROUTE_REFUSED, PEER_UNREACHABLE. */
export type PathOpener = (
  peer: PeerId,
  signal: AbortSignal,
  around: Around,
  mayTry?: PathWatch['mayTry'],
) => Promise<OpenPath>;

/** Told what became of paths once they stood. */
export interface PathJudge {
  /** A path that was opened was sealed: there and back over it in so long. */
  carried(path: Omit<OpenPath, 'stream'>, peer: PeerId, ms: number): void;
  /** One that was opened was never sealed. */
  silent(path: Omit<OpenPath, 'stream'>, peer: PeerId): void;
  /** Of paths to the same peer, this one was silent, and the other one was not. */
  outdone(silent: readonly string[], by: readonly string[], peer: PeerId): void;
}

/** A path that is sealed, and the relays on it. */
export interface SealedPath {
  readonly path: MessageStream;
  readonly relays: readonly string[];
  /** There and back over it, by the handshake. */
  readonly tookMs: number;
}

/** Sealed paths of one host. */
export class SealedPaths {
  readonly #sealer: Sealer;
  readonly #judge: PathJudge;
  /** How paths are opened; without it nobody is called. */
  opener: PathOpener | undefined;
  /** When a second path is begun beside one that is late, as the policy in use has it. */
  pace: () => RoutingPace | undefined = () => undefined;

  constructor(sealer: Sealer, judge: PathJudge) {
    this.#sealer = sealer;
    this.#judge = judge;
  }

  /** One path. `impatient`: there may be others, so a silent one is given up soon. Throws as the opener does, or ROUTE_LOST. */
  async open(
    peer: PeerId,
    signal: AbortSignal,
    around: Around,
    impatient: boolean,
    watch?: PathWatch,
  ): Promise<SealedPath> {
    if (this.opener === undefined) throw new ZeroError('ROUTE_NONE', 'this node uses no relays');
    const began = performance.now();
    const { name, onBytes, path, stream } = await this.opener(peer, signal, around, watch?.mayTry);
    watch?.opened(path);
    // The path was just travelled there and back, so it is known what a handshake over it takes.
    const openedAt = performance.now();
    const patience = Math.min(SEAL_MS_MAX, PATIENCE * (openedAt - began) + PATIENCE_MS);
    const limit = AbortSignal.timeout(Math.ceil(impatient ? patience : SEAL_MS_MAX));
    try {
      const sealed = await this.#sealer.call(stream, peer, AbortSignal.any([signal, limit]));
      // The caller's part of the handshake is there and back once.
      const tookMs = performance.now() - openedAt;
      if (onBytes !== undefined) countBytes(sealed, onBytes);
      this.#judge.carried({ name, path }, peer, tookMs);
      return { path: sealed, relays: path, tookMs };
    } catch (error) {
      if (signal.aborted) throw error;
      this.#judge.silent({ name, path }, peer);
      const { message } = error as Error;
      throw new ZeroError('ROUTE_LOST', message, { cause: error, details: { path: path.join() } });
    }
  }

  /** A path for a new link: the first of some that is sealed. Throws as `open`. */
  async openAny(peer: PeerId, signal: AbortSignal): Promise<SealedPath> {
    const silent: (readonly string[])[] = [];
    let by: readonly string[] | undefined;
    const attempt: PathAttempt = (around, impatient, watch) =>
      this.open(peer, signal, around, impatient, watch).catch((error: unknown) => {
        const path = silentPath(error);
        // One beside it may be sealed already.
        if (path !== undefined && by !== undefined) this.#judge.outdone(path, by, peer);
        else if (path !== undefined) silent.push(path);
        throw error;
      });
    const race = new PathRace({ attempt, silentPath, pace: this.pace(), signal });
    const sealed = await race.run();
    by = sealed.relays;
    for (const path of silent) this.#judge.outdone(path, by, peer);
    return sealed;
  }
}

/**
 * Counts what a sealed path of the calling end carries. Nothing comes over one before the caller greets, so no listener that is added later misses
 * anything.
 */
function countBytes(path: MessageStream, onBytes: (up: number, down: number) => void): void {
  path.addEventListener('message', ({ data }) => onBytes(0, data.byteLength));
  const send = path.send.bind(path);
  path.send = (data) => {
    onBytes(data.byteLength, 0);
    return send(data);
  };
}

/** The relays of a path that was opened and not sealed; undefined for every other failure. */
function silentPath(error: unknown): readonly string[] | undefined {
  const path = isZeroError(error) && error.code === 'ROUTE_LOST' ? error.details.path : undefined;
  return typeof path === 'string' && path !== '' ? path.split(',') : undefined;
}
