// Tells when the services of a real node have taken a card or a revocation: the moment from which the node itself acts upon it.

import type { ZerostateNode } from '../../node/index.ts';

/** What can be taken: an agent's card, or that an agent was revoked. */
export type Kind = 'card' | 'revoked';

/** Watches a node from now on; `taken` gets the id of the agent. */
export function watchNode(
  { book, revocations }: ZerostateNode,
  taken: (kind: Kind, agentId: string) => void,
): void {
  const offerCard = book.offer.bind(book);
  book.offer = (card) => {
    const verdict = offerCard(card);
    if (verdict === 'new') taken('card', card.card.id);
    return verdict;
  };
  const offer = revocations.offer.bind(revocations);
  revocations.offer = (statement, position) => {
    const known = offer(statement, position);
    const entry = known === undefined ? undefined : book.get(known.issuer);
    if (entry !== undefined && revocations.verdict(entry).state === 'revoked')
      taken('revoked', known!.issuer);
    return known;
  };
}
