// Counts what this node sends and receives over each relay, at the price of its card at that moment. Must not: pay.

import type { CardBook } from '../cards/card-book.ts';
import type { Residents } from '../cards/residents.ts';
import type { Clock } from '../clock/index.ts';
import { FREE, type Tariff } from './account.ts';
import type { OwnBook, Standing } from './own-book.ts';
import { byteTariffs, FOR_NOTHING } from './tariffs.ts';

/** Prices remembered until a card changes or ends: as many as a router has neighbours. */
const TARIFFS_MAX = 1_024;

export interface OwnCountDeps {
  readonly book: OwnBook;
  readonly cards: Pick<CardBook, 'get' | 'listen'>;
  readonly residents: Pick<Residents, 'of'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** What was counted and is not in the book yet. */
export class OwnCount {
  readonly #deps: OwnCountDeps;
  readonly #counted = new Map<string, { up: number; down: number }>();
  readonly #tariffs = new Map<string, { readonly tariff: Tariff; readonly endsAt: number }>();

  constructor(deps: OwnCountDeps) {
    this.#deps = deps;
    // A card has changed: what went until now is for the price before.
    deps.cards.listen(() => {
      this.fold();
      this.#tariffs.clear();
    });
  }

  /** Counts bytes; answers how many of that relay are not in the book. */
  add(relay: string, up: number, down: number): number {
    const counted = this.#counted.get(relay) ?? { up: 0, down: 0 };
    counted.up += up;
    counted.down += down;
    this.#counted.set(relay, counted);
    return counted.up + counted.down;
  }

  /** A relay as the book has it, with all that was counted. */
  of(relay: string): Standing {
    const { book } = this.#deps;
    const counted = this.#counted.get(relay);
    this.#counted.delete(relay);
    if (counted === undefined) return book.of(relay);
    const tariff = this.#tariffOf(relay);
    // What is free, and always was, needs no account.
    if (tariff === FREE && book.of(relay).account.tariff === undefined) return book.of(relay);
    return book.used(relay, counted, tariff);
  }

  /** Books everything that was counted. */
  fold(): void {
    for (const relay of [...this.#counted.keys()]) this.of(relay);
  }

  /** What is asked by the card of now. */
  #tariffOf(relay: string): Tariff {
    const { book, cards, clock, residents } = this.#deps;
    const now = clock.now();
    const known = this.#tariffs.get(relay);
    if (known !== undefined && now < known.endsAt) return known.tariff;
    if (this.#tariffs.size >= TARIFFS_MAX) this.#tariffs.clear();
    const asked = byteTariffs(cards, residents.of(relay), now);
    const { seller } = book.of(relay);
    const { endsAt, tariff } = asked.find(({ agentId }) => agentId === seller) ?? asked[0] ?? FOR_NOTHING;
    this.#tariffs.set(relay, { tariff, endsAt });
    return tariff;
  }
}
