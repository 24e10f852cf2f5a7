// A link whose path has become bad goes on over a better one before the old one breaks: what runs on it for long, and whoever asks next, do not stay
// with a choice that was right once. Must not: judge paths (the policy does), or move a link whose path has broken (links.ts does).

import { isOpen, type Kept } from './kept-link.ts';
import { LINK_LOOK_MS, LINK_STALL_MS, SETUP_MS_MAX } from './limits.ts';
import type { SealedPath, SealedPaths } from './sealed-paths.ts';

/** A link that has got a path, or has looked for a better one, keeps what it has for so long: reports of what changed are all there by then. */
export const BETTER_REST_MS = 3_000;
/** The rest doubles up to this where what looked better was not: each look costs others a path. */
const BETTER_REST_MS_MAX = 60_000;
/** Links of one node that look for a better path at once: when a relay goes bad, those of many links do. */
const AT_ONCE_MAX = 4;

/** Times that a path is timed before another is opened. */
const ASKED_TIMES = 2;

/** Finds better paths for the links of one node. */
export class BetterPaths {
  readonly #paths: Pick<SealedPaths, 'open'>;
  readonly #attach: (kept: Kept, better: SealedPath) => void;
  #looking = 0;
  #roundAt = Number.POSITIVE_INFINITY;
  /** Milliseconds that rounds came too late, all together: so long was this process held up. */
  #heldUpMs = 0;
  /** Milliseconds that a path to a peer is expected to take, or was measured to, where a better one is to be had; undefined: it stays. */
  outworn: (path: readonly string[], peer: string, measuredMs?: number) => number | undefined = () =>
    undefined;

  constructor(paths: Pick<SealedPaths, 'open'>, attach: (kept: Kept, better: SealedPath) => void) {
    this.#paths = paths;
    this.#attach = attach;
  }

  /** One look at each link. None where it comes a whole period late: what this process measured meanwhile says more of itself than of paths. */
  round(links: readonly Kept[], now: number): void {
    const lateMs = Math.max(0, now - this.#roundAt - LINK_LOOK_MS);
    this.#roundAt = now;
    this.#heldUpMs += lateMs;
    if (lateMs <= LINK_LOOK_MS) for (const kept of links) this.look(kept, now);
  }

  /** One look at a link, at `now` of a clock that only goes forward. */
  look(kept: Kept, now: number): void {
    const { connection, link, lostAt, outgoing, path, peer } = kept;
    if (!outgoing || connection === undefined || lostAt !== undefined || !isOpen(link)) return;
    if (now < kept.staysUntil || this.#looking >= AT_ONCE_MAX) return;
    kept.staysUntil = now + kept.staysMs;
    const presentMs = this.outworn(path, peer.toString());
    if (presentMs === undefined) kept.staysMs = BETTER_REST_MS;
    else void this.#move(kept, presentMs);
  }

  /** Never rejects: where there is no better path, the present one stays. */
  async #move(kept: Kept, presentMs: number): Promise<void> {
    const { path: present, peer } = kept;
    this.#looking += 1;
    try {
      if (await this.#isSound(kept)) {
        kept.staysMs = BETTER_REST_MS;
        return;
      }
      kept.staysMs = Math.min(BETTER_REST_MS_MAX, 2 * kept.staysMs);
      const signal = AbortSignal.timeout(SETUP_MS_MAX);
      const better = await this.#paths.open(peer, signal, { first: [], anywhere: [] }, true);
      // What was promised of the new path is measured before anything relies on it.
      const isBetter = better.tookMs < presentMs && better.relays.join() !== present.join();
      if (isBetter && isOpen(kept.link) && kept.lostAt === undefined && kept.path === present) {
        this.#attach(kept, better);
        kept.staysMs = BETTER_REST_MS;
      } else better.path.abort(new Error('the path in use is no worse'));
    } catch {
      // Nobody else takes it: that is what the present path is for.
    } finally {
      this.#looking -= 1;
      kept.staysUntil = performance.now() + kept.staysMs;
    }
  }

  /**
   * Does the path itself take no longer than it should? Estimates are of links, of some seconds, and of machines that pause; this costs a few bytes. Asked
   * twice, as one answer may have waited for a processor; and what this process was held up meanwhile is not the path's. False where it cannot be told.
   */
  async #isSound({ link, path, peer, silentMs }: Kept): Promise<boolean> {
    for (let asked = 0; asked < ASKED_TIMES; asked++) {
      const before = this.#heldUpMs;
      const tookMs = silentMs === undefined ? await link.roundTripMs(LINK_STALL_MS) : undefined;
      if (tookMs === undefined) return false;
      const measuredMs = Math.max(0, tookMs - (this.#heldUpMs - before));
      if (measuredMs >= LINK_STALL_MS) return false;
      if (this.outworn(path, peer.toString(), measuredMs) === undefined) return true;
    }
    return false;
  }
}
