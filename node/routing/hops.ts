// One hop of a stream: picks the next one, hands the header over, waits for the answer, and tries another neighbour when that fails. The
// same at a relay, for a stream that came in, and at an edge, for one of its own.

import type { Stream } from '@libp2p/interface';
import { type ErrorCode, isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import {
  decodeReply,
  encodeHeader,
  type ForwardHeader,
  type ForwardReply,
  goingRound,
} from '../../protocol/forward/index.ts';
import type { Decision } from '../../protocol/routing/index.ts';
import type { RelayWatch } from '../host/relay-watch.ts';
import { type ForwardPolicy, guardNeighbours, guardPrice, guardUnpaid } from './guards.ts';
import { ATTEMPTS_MAX, HOP_MS_MAX, HOP_RESERVE_MS } from './limits.ts';
import type { Relays } from './relays.ts';
import type { RouteDesk } from './route-desk.ts';
import type { StreamRecord } from './stream-book.ts';
import { unmapped } from './unmapped.ts';
import { headFrames } from './wire.ts';

/** A hop waits this many times what it expects, and this much more, before it tries another. */
const PATIENCE = 4;
const PATIENCE_MS = 800;
/** With less than this left, no further neighbour is tried. */
const LEFT_MS_MIN = 20;

export interface HopsDeps {
  readonly self: string;
  readonly relays: Relays;
  readonly desk: RouteDesk;
  readonly protocol: string;
  readonly policy: ForwardPolicy | undefined;
  readonly now: () => number;
  readonly watch: Pick<RelayWatch, 'customer'>;
}

/** What a hop came to. */
export interface Hop {
  readonly next: string;
  readonly stream: Stream;
  readonly reply: ForwardReply & { readonly ok: true };
}

/** Where a stream comes from. */
export interface HopOrigin {
  /** The peer that asked; this node's own id for a stream of its own. */
  readonly from: string;
  /** True at a relay, which adds itself to the path. */
  readonly relaying: boolean;
  /** Neighbours that shall not be tried. */
  readonly avoid: readonly string[];
  /** Asked before each neighbour: once it says no, the stream is not wanted any more, and only what was asked already is waited for. */
  readonly mayTry?: (neighbour: string) => boolean;
  readonly record: StreamRecord;
}

/** Opens hops. */
export class Hops {
  readonly #deps: HopsDeps;

  constructor(deps: HopsDeps) {
    this.#deps = deps;
  }

  /**
   * Hands a stream to the best neighbour that takes it, within the budget of its header. Throws ROUTE_NONE when nobody has a way,
   * ROUTE_REFUSED when conditions stand against every way, or the refusal that no other hop would answer differently.
   */
  async open(header: ForwardHeader, origin: HopOrigin, signal: AbortSignal): Promise<Hop> {
    const { now } = this.#deps;
    const deadline = now() + header.budgetMs;
    const tried = new Set(origin.avoid);
    let last: ZeroError | undefined;
    for (let attempt = 0; attempt < ATTEMPTS_MAX && !signal.aborted; attempt++) {
      const left = deadline - now();
      if (left < LEFT_MS_MIN) break;
      const { decision, guards } = this.#choose(header, origin, tried);
      const { next } = decision;
      if (next !== undefined && origin.mayTry?.(next) === false) break;
      // Whoever refused the first try may know of no way round.
      const isFirst = next !== undefined && !origin.relaying && attempt === 0;
      const asked = isFirst ? goingRound(header, this.#deps.desk.around(next, header)) : header;
      const began = now();
      const note = (error?: ZeroError): void => {
        origin.record.attempts.push({
          decision,
          guards,
          around: asked.via.slice(header.via.length),
          tookMs: now() - began,
          ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
        });
      };
      if (next === undefined) {
        const error = last ?? noneOf(decision, guards, header.to);
        note(error);
        throw error;
      }
      try {
        const hop = await this.#try(next, asked, origin, timesFor(decision, left), signal);
        note();
        return hop;
      } catch (cause) {
        const failure = cause as HopFailure;
        note(failure.error);
        last = failure.error;
        if (!failure.elsewhere) break;
        tried.add(next);
      }
    }
    throw last ?? new ZeroError('ROUTE_NONE', `no way to ${header.to} was found in time`);
  }

  #choose(header: ForwardHeader, { from, relaying }: HopOrigin, tried: ReadonlySet<string>) {
    const { desk, policy, relays } = this.#deps;
    const known = relays.neighbours(header.to);
    const destinationRegion = relays.region(header.to);
    const purpose = relaying ? 'forward' : 'send';
    const permitted = guardNeighbours(policy, purpose, from, header, destinationRegion, known);
    const priced = guardPrice(header, permitted, (id) => relays.asked(id));
    const judged = guardUnpaid(header, priced, (id) => this.#deps.watch.customer?.refusal(id));
    const visited = [...new Set([...header.via, ...tried, from])].filter((peer) => peer !== header.to);
    const decision = desk.choose(header, judged.neighbours, visited, `${from}>${header.to}`);
    if (decision.next !== undefined) return { decision, guards: judged.guards };
    const exits = new Set(relays.exitsOf(header.to).map(({ relay }) => relay));
    return { decision: unmapped(decision, judged.neighbours, exits, relaying), guards: judged.guards };
  }

  async #try(
    next: string,
    header: ForwardHeader,
    { relaying }: HopOrigin,
    { budgetMs, expectedMs }: HopTimes,
    signal: AbortSignal,
  ): Promise<Hop> {
    const { desk, now, relays, self } = this.#deps;
    const began = now();
    const measured = relays.measured(next);
    measured.inFlight += 1;
    // What several hops before it left over may be less than anybody needs, and is nobody's fault here.
    const isEnough = budgetMs >= expectedMs;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new Error('no answer in time')), budgetMs);
    const onAbort = () => limit.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    let stream: Stream | undefined;
    try {
      stream = await desk.stream(next, limit.signal);
      // What the link takes is measured as a probe measures it: a stream that had to be opened first took more, and that is no fault of the link.
      const handedAt = now();
      const frames = headFrames(stream);
      const onward = {
        ...header,
        ttl: header.ttl - 1,
        budgetMs: Math.max(1, Math.floor(budgetMs - HOP_RESERVE_MS)),
        via: relaying ? [...header.via, self] : header.via,
      };
      await frames.write(encodeHeader(onward.ttl === 0 ? { ...onward, ttl: 1 } : onward), {
        signal: limit.signal,
      });
      const said = decodeReply((await frames.read({ signal: limit.signal })).subarray());
      const reply = said.ok ? { ...said, path: this.#pathOf(said.path, next, onward) } : said;
      const tookMs = now() - began;
      if (!reply.ok) {
        stream.abort(new Error('refused'));
        // The link is sound; what lies behind it is not, if there was time for it.
        desk.handed(next, header, { tookMs: now() - handedAt, remainingMs: Number.POSITIVE_INFINITY });
        if (reply.code === 'PAYMENT_REQUIRED') this.#deps.watch.customer?.refused(next);
        // Who is asked to go round others may rightly know of no way.
        else if (isEnough && (relaying || header.via.length === 0)) desk.refused(next, header);
        throw new HopFailure(new ZeroError(reply.code, `${next}: ${reply.reason}`), reply.elsewhere);
      }
      desk.handed(next, header, {
        tookMs: Math.max(0, now() - handedAt - reply.tookMs),
        remainingMs: reply.remainingMs,
      });
      desk.finished(next, header, tookMs, next === header.to ? undefined : reply.path);
      measured.carried += 1;
      return { next, stream: frames.unwrap(), reply };
    } catch (cause) {
      if (cause instanceof HopFailure) throw cause;
      stream?.abort(cause as Error);
      // Whoever called gave up, or gave too little time: that says nothing of the neighbour.
      if (!signal.aborted && (isEnough || !limit.signal.aborted)) {
        measured.failed += 1;
        desk.handed(next, header, undefined);
        desk.finished(next, header, undefined);
      }
      const code: ErrorCode = isZeroError(cause) ? cause.code : 'PEER_UNREACHABLE';
      throw new HopFailure(
        new ZeroError(code, `${next} did not take the stream: ${(cause as Error).message}`, { cause }),
        !signal.aborted,
      );
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      measured.inFlight -= 1;
    }
  }

  /**
   * The relays that carry a stream, as the next hop says: itself first, nobody twice and nobody who has had it. What fails on a path is held against
   * those on it, so whoever left itself out would let others pay for it. The other end is no relay, and names none. Throws DECODE_FAILED.
   */
  #pathOf(path: readonly string[], next: string, { to, via }: ForwardHeader): readonly string[] {
    if (next === to) return [];
    const others = new Set([...via, this.#deps.self, to]);
    if (path[0] === next && new Set(path).size === path.length && !path.some((relay) => others.has(relay)))
      return path;
    throw new ZeroError('DECODE_FAILED', 'it names a path that it is not the first on, or that has a loop');
  }
}

/** An attempt that failed, and whether another neighbour may do better. */
class HopFailure extends Error {
  readonly error: ZeroError;
  readonly elsewhere: boolean;

  constructor(error: ZeroError, elsewhere: boolean) {
    super(error.message);
    this.error = error;
    this.elsewhere = elsewhere;
  }
}

/** What a neighbour gets. */
interface HopTimes {
  readonly budgetMs: number;
  /** What it is expected to take; 0: nothing is known. */
  readonly expectedMs: number;
}

/** How long the chosen neighbour may take: some times what is expected of it, and never so long that no other can be tried, if there is one. */
function timesFor({ candidates, next }: Decision, left: number): HopTimes {
  const others = candidates.filter(({ excluded, neighbour }) => excluded === undefined && neighbour !== next);
  const cost = candidates.find(({ neighbour }) => neighbour === next)?.costMs ?? Number.POSITIVE_INFINITY;
  const expectedMs = Number.isFinite(cost) ? cost : 0;
  if (others.length === 0) return { budgetMs: left, expectedMs };
  const patient = expectedMs > 0 ? PATIENCE * expectedMs + PATIENCE_MS : HOP_MS_MAX;
  return { budgetMs: Math.min(HOP_MS_MAX, patient, left / 2), expectedMs };
}

/** Why nobody may take a stream. */
function noneOf({ candidates }: Decision, guards: Readonly<Record<string, string>>, to: string): ZeroError {
  const why = candidates.map(
    ({ excluded, neighbour }) => `${neighbour.slice(-6)}: ${guards[neighbour] ?? excluded ?? 'no way'}`,
  );
  const conditions = new Set(['forbidden', 'region', 'price']);
  const isRefused = candidates.some(({ excluded }) => excluded !== undefined && conditions.has(excluded));
  return new ZeroError(
    isRefused ? 'ROUTE_REFUSED' : 'ROUTE_NONE',
    `no way to ${to}: ${why.length === 0 ? 'no relay is connected' : why.join('; ')}`.slice(0, 300),
  );
}
