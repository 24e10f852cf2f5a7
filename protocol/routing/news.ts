// Which change of a link's cost is worth telling at once, and worth a closer look. What moves less is what processes that pause do to every link:
// probing and telling of that each second costs a quiet network more than its streams do.

/** A change of so many milliseconds that is also such a share of the lower value: what is chosen changes by a third, and several small changes add up. */
const NEWS_MS = 20;
const NEWS_SHARE = 0.1;

/** Do two costs of one link differ by enough that others should hear of it now, and not with the next round? */
export function isNews(oneMs: number, otherMs: number): boolean {
  const least = Math.min(oneMs, otherMs);
  return Math.abs(oneMs - otherMs) > Math.max(NEWS_MS, NEWS_SHARE * least);
}
