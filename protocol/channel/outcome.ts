// How a channel ends: a pure function of what was posted. The order of arrival does not matter, and dates decide only whether the time to
// dispute is over, never who gets what. A side is bound by what it has signed: the payer by its newest update, the payee by its newest
// acknowledgement.

import { capacityOf } from './statements.ts';
import type { Posting, ReceiptLookup, Side, Terms, Update } from './types.ts';

/** How a channel ends. The shares sum to what was locked. */
export interface Outcome {
  readonly payer: bigint;
  readonly payee: bigint;
  /** What the payee earned: paid, and claimed. */
  readonly earned: bigint;
  /** Sides that lose the penalty for a state which they had given up, or for two updates of one version. */
  readonly penalised: readonly Side[];
  readonly cooperative: boolean;
  /** Both have signed, or the time to dispute is over. */
  readonly final: boolean;
  /** Statement ids that show why a side is penalised. */
  readonly evidence: readonly string[];
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function most(a: bigint, b: bigint): bigint {
  return least(a, b) === a ? b : a;
}

/** What a payee may ask under one update: what is paid, and every claimed offer whose receipt fits. */
function entitlement(
  terms: Terms,
  update: Update,
  postings: readonly Posting[],
  receipts: ReceiptLookup,
): bigint {
  const claimed = new Set<string>();
  let sum = update.paid;
  for (const { by, claims } of postings) {
    if (by !== 'payee') continue;
    for (const { task, receipt } of claims) {
      const offer = update.offers.find((one) => one.task === task);
      if (offer === undefined || offer.condition === null || claimed.has(task)) continue;
      const facts = receipts(receipt);
      const fits =
        facts?.executor === terms.payee &&
        facts.requester === terms.payer &&
        facts.task === task &&
        facts.manifestDigest === offer.condition;
      if (!fits) continue;
      claimed.add(task);
      sum += offer.amount;
    }
  }
  return least(sum, capacityOf(terms));
}

/** The updates that were posted, each once. */
function updatesOf(postings: readonly Posting[]): Map<string, Update> {
  return new Map(postings.flatMap(({ update }) => (update === null ? [] : [[update.id, update] as const])));
}

/** Ids of postings in which the payer shows less than it has signed. */
function oldOfPayer(postings: readonly Posting[], newest: number): string[] {
  return postings
    .filter(({ by, kind, update }) => by === 'payer' && kind !== 'settle' && (update?.version ?? 0) < newest)
    .map(({ id }) => id);
}

/** Ids of postings in which the payee shows what it has given up. */
function oldOfPayee(postings: readonly Posting[], acked: number): string[] {
  return postings
    .filter(({ by, kind, update }) => by === 'payee' && kind !== 'settle' && (update?.version ?? 0) < acked)
    .map(({ id }) => id);
}

/** Two different updates of one version: the payer's signed contradiction, or undefined. */
export function equivocationOf(updates: Iterable<Update>): readonly [Update, Update] | undefined {
  const byVersion = new Map<number, Update>();
  for (const update of updates) {
    const other = byVersion.get(update.version);
    if (other !== undefined && other.id !== update.id) return [other, update];
    byVersion.set(update.version, update);
  }
  return undefined;
}

/** A side that showed what it had given up, or that signed two updates of one version. */
export interface Cheating {
  readonly side: Side;
  /** Ids of the postings that prove it. */
  readonly evidence: readonly string[];
}

/** Who cheated by what was posted, each side once. What only the other side has signed proves nothing against it. */
export function cheatingOf(postings: readonly Posting[]): Cheating[] {
  const updates = [...updatesOf(postings).values()];
  const acked = Math.max(0, ...postings.map(({ ack }) => ack?.version ?? 0));
  // An acknowledgement is the payee's signature alone: it shows that the payer had signed that version only where the payer shows it itself.
  const owned = postings.filter(({ by }) => by === 'payer').map(({ ack }) => ack?.version ?? 0);
  const newest = Math.max(0, ...updates.map(({ version }) => version), ...owned);
  const twoFaced = equivocationOf(updates) === undefined ? [] : postings.map(({ id }) => id);
  const cheating: Cheating[] = [
    { side: 'payer', evidence: [...oldOfPayer(postings, newest), ...twoFaced] },
    { side: 'payee', evidence: oldOfPayee(postings, acked) },
  ];
  // What shows that the side knew better belongs to the proof.
  const better: Record<Side, (posting: Posting) => boolean> = {
    payer: ({ ack, by, update }) => update?.version === newest || (by === 'payer' && ack?.version === newest),
    payee: ({ ack }) => ack?.version === acked,
  };
  return cheating
    .filter(({ evidence }) => evidence.length > 0)
    .map(({ side, evidence }) => ({
      side,
      evidence: [...new Set([...evidence, ...postings.filter(better[side]).map(({ id }) => id)])],
    }));
}

function agreedEnd(terms: Terms, postings: readonly Posting[], deposit: bigint): Outcome | undefined {
  const agreed = postings
    .filter(({ agreement }) => agreement !== null)
    .sort((a, b) => b.agreement!.version - a.agreement!.version || (a.id < b.id ? -1 : 1))[0];
  if (agreed === undefined) return undefined;
  const earned = least(agreed.agreement!.paid, capacityOf(terms));
  return {
    payer: terms.escrow - earned,
    payee: deposit + earned,
    earned,
    penalised: [],
    cooperative: true,
    final: true,
    evidence: [],
  };
}

/** True when one side has posted the end after the time that the other had to answer, as both are dated. */
function isOver(terms: Terms, postings: readonly Posting[]): boolean {
  const closes = postings.filter(({ kind }) => kind === 'unilateral').map(({ issuedAtMs }) => issuedAtMs);
  if (closes.length === 0) return false;
  const earliest = Math.min(...closes) + terms.disputeMs;
  return postings.some(({ kind, issuedAtMs }) => kind === 'settle' && issuedAtMs >= earliest);
}

/**
 * How the channel ends by what was posted so far. `accepted` says whether the payee took part: its deposit is locked only then.
 * Ahead of its end (`final` is false) this is how it would end.
 */
export function outcomeOf(
  terms: Terms,
  postings: readonly Posting[],
  accepted: boolean,
  receipts: ReceiptLookup,
): Outcome {
  const deposit = accepted ? terms.deposit : 0n;
  const agreed = agreedEnd(terms, postings, deposit);
  if (agreed !== undefined) return agreed;
  const updates = [...updatesOf(postings).values()];
  const acked = Math.max(0, ...postings.map(({ ack }) => ack?.version ?? 0));
  const shown = Math.max(0, ...updates.map(({ version }) => version));
  const earned = updates
    .filter(({ version }) => version >= Math.min(acked, shown))
    .map((update) => entitlement(terms, update, postings, receipts))
    .reduce(most, 0n);
  const cheating = cheatingOf(postings);
  const cheats = (side: Side) => cheating.some((one) => one.side === side);
  const payerLoses = cheats('payer') ? terms.penalty : 0n;
  const payeeLoses = cheats('payee') ? least(terms.penalty, deposit + earned) : 0n;
  const penalised: Side[] = [];
  if (payerLoses > 0n) penalised.push('payer');
  if (payeeLoses > 0n) penalised.push('payee');
  return {
    payer: terms.escrow - earned - payerLoses + payeeLoses,
    payee: deposit + earned - payeeLoses + payerLoses,
    earned,
    penalised,
    cooperative: false,
    final: isOver(terms, postings),
    evidence: [...new Set(cheating.flatMap(({ evidence }) => evidence))],
  };
}
