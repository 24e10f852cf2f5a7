// Merges the answers of region shards into one: best first, one version of each card, and honest about who did not answer.
// Pure: asking, deadlines and retries belong to the caller.

import type { CardHit } from '../interface.ts';

export interface ShardAnswer {
  readonly shard: string;
  readonly results: readonly CardHit[];
}

export interface MergedAnswer {
  readonly results: CardHit[];
  /** True when at least one shard is missing: better cards may exist. */
  readonly partial: boolean;
  /** Shards that were asked and did not answer, in the order given. */
  readonly missing: string[];
}

/**
 * The k best of all shards, by score and then agent id. A card that several shards know counts once, with its best score;
 * of two versions of an agent's card the one that more shards name stays, on a tie the better scored: who is right is
 * decided where cards are verified.
 */
export function mergeShards(
  k: number,
  answers: readonly ShardAnswer[],
  missing: readonly string[],
): MergedAnswer {
  const byAgent = new Map<string, Map<string, { hit: CardHit; shards: number }>>();
  for (const { results } of answers) {
    for (const hit of results) {
      const versions = byAgent.get(hit.agentId) ?? new Map();
      byAgent.set(hit.agentId, versions);
      const known = versions.get(hit.cardId);
      versions.set(hit.cardId, {
        hit: known === undefined || hit.score > known.hit.score ? hit : known.hit,
        shards: (known?.shards ?? 0) + 1,
      });
    }
  }
  const results = [...byAgent.values()].map((versions) => {
    const [first] = [...versions.values()].sort(
      (a, b) => b.shards - a.shards || b.hit.score - a.hit.score || (a.hit.cardId < b.hit.cardId ? -1 : 1),
    );
    return first!.hit;
  });
  results.sort((a, b) => b.score - a.score || (a.agentId < b.agentId ? -1 : 1));
  return { results: results.slice(0, k), partial: missing.length > 0, missing: [...missing] };
}
