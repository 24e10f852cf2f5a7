// Which change of a link's cost is worth telling at once, and worth a closer look. What moves less is what processes that pause do to every link:
// probing and telling of that each second costs a quiet network more than its streams do.

import type { ReportedLink } from './ports.ts';

/** What says nothing new is passed on so seldom. */
export const CALM_REPORT_MS = 3_000;
/**
 * Times in a row that other costs of one author go on at once; and then as seldom as what is no news. Where processors are short every report says
 * something else each second, and passing all that on is part of what they are short of.
 */
const URGENT_MAX = 6;

/** A change of so many milliseconds that is also such a share of the lower value: what is chosen changes by a third, and several small changes add up. */
const NEWS_MS = 20;
const NEWS_SHARE = 0.1;

/** Do two costs of one link differ by enough that others should hear of it now, and not with the next round? */
export function isNews(oneMs: number, otherMs: number): boolean {
  const least = Math.min(oneMs, otherMs);
  return Math.abs(oneMs - otherMs) > Math.max(NEWS_MS, NEWS_SHARE * least);
}

/** What was last told of an author's links. */
export interface ToldLinks {
  readonly at: number;
  /** Costs by link as they were then: what changes slowly becomes news too. */
  readonly costs: ReadonlyMap<string, number>;
  /** How often other costs may go on at once, as it was at `seenAt`. */
  readonly urgent: number;
  readonly seenAt: number;
}

/** How one more report is passed on. */
export interface Telling {
  /** Now. A link that came or went always; other costs while they are the exception. */
  readonly isUrgent: boolean;
  /** Now, or because nothing was told for CALM_REPORT_MS. */
  readonly isTold: boolean;
  readonly told: ToldLinks;
}

/** Weighs the links of a report at `now` against what was told of its author before. */
export function telling(links: readonly ReportedLink[], before: ToldLinks | undefined, now: number): Telling {
  const costs = new Map(links.map(({ costMs, to }) => [to, costMs]));
  if (before === undefined)
    return { isUrgent: true, isTold: true, told: { at: now, costs, urgent: URGENT_MAX, seenAt: now } };
  const saved = before.urgent + Math.max(0, now - before.seenAt) / CALM_REPORT_MS;
  const left = Math.min(URGENT_MAX, saved);
  const isOther = costs.size !== before.costs.size || links.some(({ to }) => !before.costs.has(to));
  const isNewCost =
    !isOther && left >= 1 && links.some(({ costMs, to }) => isNews(before.costs.get(to)!, costMs));
  const isUrgent = isOther || isNewCost;
  const isTold = isUrgent || now - before.at >= CALM_REPORT_MS;
  const bucket = { urgent: isNewCost ? left - 1 : left, seenAt: now };
  return { isUrgent, isTold, told: isTold ? { at: now, costs, ...bucket } : { ...before, ...bucket } };
}
