// The list of cards as the API gives it: in order, filtered, a page at a time. What is worked out for every card (its words, its place) is
// kept until a card changes, because a list of thousands is asked for on every key that somebody types.

import { checkCardTime } from '../../../protocol/card/index.ts';
import type { BookEntry } from '../../cards/card-book.ts';
import type { NodeContext } from '../../context.ts';
import { type Page, pageOf, wordsOf } from './page.ts';

/** Regions that are named for a filter. */
const REGIONS_MAX = 64;

export type CardStatus = 'valid' | 'revoked' | 'expired';

export interface CardsAsked {
  readonly limit: number;
  readonly cursor: string;
  readonly q: string;
  readonly status?: CardStatus;
  readonly region: string;
  /** Peer id of the node that an agent lives on. */
  readonly host: string;
  readonly sort: 'name' | 'issued' | 'known';
}

export interface CardsFound extends Page<BookEntry> {
  readonly total: number;
  readonly counts: Record<CardStatus, number>;
  readonly regions: readonly string[];
}

const collator = new Intl.Collator('en', { sensitivity: 'base', numeric: true });
const byId = (a: BookEntry, b: BookEntry) => (a.agentId < b.agentId ? -1 : 1);
const ORDERS: Record<CardsAsked['sort'], ((a: BookEntry, b: BookEntry) => number) | null> = {
  name: (a, b) => collator.compare(a.card.name, b.card.name) || byId(a, b),
  issued: (a, b) =>
    a.card.issuedAt === b.card.issuedAt ? byId(a, b) : a.card.issuedAt < b.card.issuedAt ? 1 : -1,
  known: null,
};

/** Answers for the cards of one node. */
export class CardList {
  readonly #node: Pick<NodeContext, 'book' | 'clock' | 'revocations'>;
  readonly #ordered = new Map<CardsAsked['sort'], readonly BookEntry[]>();
  readonly #words = new WeakMap<BookEntry, string>();

  constructor(node: Pick<NodeContext, 'book' | 'clock' | 'revocations'>) {
    this.#node = node;
    node.book.listen(() => this.#ordered.clear());
  }

  /** One page. Throws USAGE for a cursor that names no card. */
  find(asked: CardsAsked): CardsFound {
    const ordered = this.#inOrder(asked.sort);
    const status = new Map(ordered.map((entry) => [entry, this.#statusOf(entry)]));
    const counts = { valid: 0, revoked: 0, expired: 0 };
    for (const one of status.values()) counts[one] += 1;
    const words = wordsOf(asked.q);
    const matches = (entry: BookEntry) =>
      (asked.status === undefined || status.get(entry) === asked.status) &&
      (asked.region === '' || entry.card.region === asked.region) &&
      (asked.host === '' || entry.card.endpoints[0]?.peer === asked.host) &&
      words.every((word) => this.#wordsOf(entry).includes(word));
    const regions = [...new Set(ordered.map(({ card }) => card.region))].sort().slice(0, REGIONS_MAX);
    return {
      ...pageOf(ordered, asked, ({ agentId }) => agentId, matches),
      total: ordered.length,
      counts,
      regions,
    };
  }

  #inOrder(sort: CardsAsked['sort']): readonly BookEntry[] {
    const kept = this.#ordered.get(sort);
    if (kept !== undefined) return kept;
    const by = ORDERS[sort];
    const ordered = by === null ? this.#node.book.list() : this.#node.book.list().sort(by);
    this.#ordered.set(sort, ordered);
    return ordered;
  }

  #statusOf(entry: BookEntry): CardStatus {
    if (this.#node.revocations.revokedBy(entry) !== null) return 'revoked';
    return checkCardTime(entry.card, this.#node.clock.now()) === 'expired' ? 'expired' : 'valid';
  }

  #wordsOf(entry: BookEntry): string {
    const kept = this.#words.get(entry);
    if (kept !== undefined) return kept;
    const { card } = entry;
    const words = [
      card.name,
      card.description,
      card.operator ?? '',
      entry.agentId,
      ...card.tags,
      ...card.capabilities.flatMap(({ description, name, tags }) => [name, description, ...tags]),
    ]
      .join(' ')
      .toLowerCase();
    this.#words.set(entry, words);
    return words;
  }
}
