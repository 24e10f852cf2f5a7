// A link whose path has become bad goes on over a better one before the old one breaks: what runs on it for long, and whoever asks next, do not stay
// with a choice that was right once. Must not: judge paths (the policy does), or move a link whose path has broken (links.ts does).

import { isOpen, type Kept } from './kept-link.ts';
import { SETUP_MS_MAX } from './limits.ts';
import type { SealedPath, SealedPaths } from './sealed-paths.ts';

/** A link that has got a path, or has looked for a better one, keeps what it has for so long: reports of what changed are all there by then. */
export const BETTER_REST_MS = 3_000;
/** The rest doubles up to this where what looked better was not: each look costs others a path. */
const BETTER_REST_MS_MAX = 60_000;
/** Links of one node that look for a better path at once: when a relay goes bad, those of many links do. */
const AT_ONCE_MAX = 4;

/** Finds better paths for the links of one node. */
export class BetterPaths {
  readonly #paths: Pick<SealedPaths, 'open'>;
  readonly #attach: (kept: Kept, better: SealedPath) => void;
  #looking = 0;
  /** Milliseconds that a path to a peer is expected to take, where a better one is to be had; undefined: it stays. */
  outworn: (path: readonly string[], peer: string) => number | undefined = () => undefined;

  constructor(paths: Pick<SealedPaths, 'open'>, attach: (kept: Kept, better: SealedPath) => void) {
    this.#paths = paths;
    this.#attach = attach;
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
    kept.staysMs = Math.min(BETTER_REST_MS_MAX, 2 * kept.staysMs);
    try {
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
}
