// What an update may change from the one before: the rule by which a payee judges, and by which an honest payer makes one.

import { PAYS_MAX, VERSION_MAX } from './limits.ts';
import type { Change, RefusalCode, Work } from './state.ts';
import { capacityOf } from './statements.ts';
import type { Offer, Pay, Terms, Update } from './types.ts';

export interface Refusal {
  readonly code: RefusalCode;
  readonly detail: string;
}

/** The part of an update that is decided. */
export type Body = Pick<Update, 'version' | 'paid' | 'offers' | 'pays'>;

const NOTHING: Body = { version: 0, paid: 0n, offers: [], pays: [] };

function sum(items: readonly { readonly amount: bigint }[]): bigint {
  return items.reduce((total, { amount }) => total + amount, 0n);
}

/** The body that a change makes of the newest update, not yet checked. */
export function applyChange(newest: Update | null, change: Change): Body {
  const before = newest ?? NOTHING;
  const pays: readonly Pay[] = change.pays ?? [];
  const gone = new Set([...(change.withdraw ?? []), ...pays.flatMap(({ task }) => task ?? [])]);
  return {
    version: before.version + 1,
    paid: before.paid + sum(pays),
    offers: [...before.offers.filter(({ task }) => !gone.has(task)), ...(change.offers ?? [])],
    pays,
  };
}

function sameOffer(a: Offer, b: Offer): boolean {
  return a.task === b.task && a.amount === b.amount && a.condition === b.condition;
}

function checkSums(terms: Terms, before: Body, after: Body): Refusal | undefined {
  if (after.paid < before.paid) return { code: 'PAID_LESS', detail: 'what was paid became less' };
  if (sum(after.pays) !== after.paid - before.paid)
    return { code: 'SUM', detail: 'the payments do not sum to what was paid' };
  if (after.paid - before.paid > terms.step)
    return { code: 'OVER_STEP', detail: 'more than one step is paid at once' };
  if (sum(after.offers) > terms.step)
    return { code: 'OVER_STEP', detail: 'more than one step is promised at once' };
  if (after.paid + sum(after.offers) > capacityOf(terms))
    return { code: 'OVER_ESCROW', detail: 'the escrow does not cover it' };
  return undefined;
}

/** Checks an update against the one before, by the rules that both sides know. */
export function checkChange(terms: Terms, newest: Update | null, after: Body): Refusal | undefined {
  const before = newest ?? NOTHING;
  if (after.version !== before.version + 1 || after.version > VERSION_MAX)
    return { code: 'GAP', detail: `version ${after.version} does not follow ${before.version}` };
  if (after.pays.length > PAYS_MAX) return { code: 'FULL', detail: `more than ${PAYS_MAX} payments at once` };
  for (const { task } of after.pays)
    if (task !== null && !before.offers.some((offer) => offer.task === task))
      return { code: 'OFFER_UNKNOWN', detail: `${task} has no offer to be paid` };
  const paid = new Set(after.pays.map(({ task }) => task));
  for (const offer of after.offers) {
    if (paid.has(offer.task))
      return { code: 'OFFER_KNOWN', detail: `${offer.task} is paid and promised again` };
    const old = before.offers.find(({ task }) => task === offer.task);
    if (old !== undefined && !sameOffer(old, offer))
      return { code: 'OFFER_CHANGED', detail: `the offer for ${offer.task} is another one` };
  }
  return checkSums(terms, before, after);
}

/** Checks an update against the work that the payee has begun: an offer may go when nothing was begun for it, or when the work is paid. */
export function checkWork(
  newest: Update | null,
  after: Body,
  work: Readonly<Record<string, Work>>,
): Refusal | undefined {
  for (const { task } of newest?.offers ?? []) {
    if (after.offers.some((offer) => offer.task === task)) continue;
    const done = Object.hasOwn(work, task) ? work[task] : undefined;
    if (done === undefined) continue;
    if (done.state === 'running') return { code: 'OFFER_RUNNING', detail: `${task} is running` };
    const paid = sum(after.pays.filter((pay) => pay.task === task));
    if (paid < done.amount)
      return { code: 'OFFER_UNPAID', detail: `${task} is done for ${done.amount} and paid with ${paid}` };
  }
  return undefined;
}
