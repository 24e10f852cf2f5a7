// What is shown of a customer of relays.

import type { PayEnd } from './left-relays.ts';
import type { Standing } from './own-book.ts';

/** What is shown of one relay. */
export interface CustomerView {
  readonly relay: string;
  readonly standing: Standing;
  /** What the own count costs. */
  readonly price: bigint;
  /** Paid by itself today. */
  readonly today: bigint;
  readonly ended: { readonly reason: PayEnd; readonly detail: string } | undefined;
}
