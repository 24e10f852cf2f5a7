// What of an engine's answer may be shown: hits of cards that are here and pass the filter as this index reads it. Pure.

import type { BackendHit } from '../backend/interface.ts';
import { cardPasses } from '../backend/passes.ts';
import type { CardFilter, CardHit } from '../interface.ts';
import type { CardShelf } from './shelf.ts';

export interface ShownHits {
  /** Best first, ties by agent id; one for each agent. */
  readonly results: CardHit[];
  /** Agents that should not have been named. */
  readonly strange: string[];
}

export function shownHits(
  hits: readonly BackendHit[],
  filter: CardFilter | undefined,
  shelf: CardShelf,
): ShownHits {
  const shown = new Map<string, CardHit>();
  const strange: string[] = [];
  for (const { id, score } of hits) {
    const card = shelf.find(id);
    const passes = card && (filter === undefined || cardPasses(filter, card.fields, card.reputation));
    if (card === undefined || !passes || !Number.isFinite(score)) strange.push(id);
    else if (!shown.has(id)) {
      const { cardId, name } = card.fields;
      shown.set(id, { agentId: id, cardId, name, score: Math.min(1, Math.max(0, score)) });
    }
  }
  const results = [...shown.values()];
  results.sort((a, b) => b.score - a.score || (a.agentId < b.agentId ? -1 : 1));
  return { results, strange };
}
