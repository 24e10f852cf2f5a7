// Opens paths to a peer and seals them. A relay that takes a stream over and then carries nothing is passed over for another (path-race.ts): its path
// is never sealed, and who opened it is told on. Must not: keep links, or choose who is next.

import type { MessageStream, PeerId, Stream } from '@libp2p/interface';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { SEAL_MS_MAX } from './limits.ts';
import { PathRace } from './path-race.ts';
import type { Sealer } from './sealed-path.ts';
import { SetUpPace } from './set-up-pace.ts';

/** The handshake over a path takes one and a half times as long as opening it: it gets this many times that, and so much more, while there are other paths. */
const PATIENCE = 4;
const PATIENCE_MS = 800;

/** A path that a hop has opened to a peer, not yet sealed. */
export interface OpenPath {
  readonly stream: Stream;
  /** Relays on it, the first at the front. */
  readonly path: readonly string[];
}

/**
 * Opens a path to a peer. Throws ROUTE_NONE, ROUTE_REFUSED, PEER_UNREACHABLE. `broken`: first relays of paths that just broke. `mayTry` is asked before
 * each relay; once it says no, no further one is tried.
 */
export type PathOpener = (
  peer: PeerId,
  signal: AbortSignal,
  broken: readonly string[],
  mayTry?: (relay: string) => boolean,
) => Promise<OpenPath>;

/** A path that is sealed, and the relays on it. */
export interface SealedPath {
  readonly path: MessageStream;
  readonly relays: readonly string[];
}

/** Sealed paths of one host. */
export class SealedPaths {
  readonly #sealer: Sealer;
  readonly #blame: (path: readonly string[], peer: PeerId) => void;
  readonly #pace = new SetUpPace();
  /** How paths are opened; without it nobody is called. */
  opener: PathOpener | undefined;

  /** `blame` is told of paths that were opened and not sealed. */
  constructor(sealer: Sealer, blame: (path: readonly string[], peer: PeerId) => void) {
    this.#sealer = sealer;
    this.#blame = blame;
  }

  /** One path, avoiding first relays. `impatient`: there may be others, so a silent one is given up soon. Throws as the opener does, or ROUTE_LOST. */
  async open(
    peer: PeerId,
    signal: AbortSignal,
    broken: readonly string[],
    impatient: boolean,
    mayTry?: (relay: string) => boolean,
  ): Promise<SealedPath> {
    if (this.opener === undefined) throw new ZeroError('ROUTE_NONE', 'this node uses no relays');
    const began = performance.now();
    const { path, stream } = await this.opener(peer, signal, broken, mayTry);
    // The path was just travelled there and back, so it is known what a handshake over it takes.
    const patience = Math.min(SEAL_MS_MAX, PATIENCE * (performance.now() - began) + PATIENCE_MS);
    const limit = AbortSignal.timeout(Math.ceil(impatient ? patience : SEAL_MS_MAX));
    try {
      return { path: await this.#sealer.call(stream, peer, AbortSignal.any([signal, limit])), relays: path };
    } catch (error) {
      if (signal.aborted) throw error;
      this.#blame(path, peer);
      const { message } = error as Error;
      throw new ZeroError('ROUTE_LOST', message, { cause: error, details: { relay: path[0] ?? '' } });
    }
  }

  /** A path for a new link: the first of some that is sealed. Throws as `open`. */
  async openAny(peer: PeerId, signal: AbortSignal): Promise<SealedPath> {
    const race = new PathRace({
      attempt: (broken, impatient, mayTry) => this.open(peer, signal, broken, impatient, mayTry),
      silentRelay,
      pace: this.#pace,
      signal,
    });
    return await race.run();
  }
}

/** The relay whose path was opened and not sealed; undefined for every other failure. */
function silentRelay(error: unknown): string | undefined {
  const relay = isZeroError(error) && error.code === 'ROUTE_LOST' ? error.details.relay : undefined;
  return typeof relay === 'string' ? relay : undefined;
}
