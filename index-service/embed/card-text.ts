// What of a card is embedded. One place, because query and card vectors must come from the same view of a card.

import type { AgentCard } from '../../protocol/card/index.ts';

/** Name, description, capabilities and tags as plain sentences, most telling first: the embedder reads some 90 words. */
export function cardText(card: Pick<AgentCard, 'name' | 'description' | 'capabilities' | 'tags'>): string {
  const capabilities = card.capabilities.map(
    ({ name, description }) => `${name.replaceAll('-', ' ')}: ${description}`,
  );
  return [`${card.name}. ${card.description}`, ...capabilities, card.tags.join(', ')].join(' ');
}
