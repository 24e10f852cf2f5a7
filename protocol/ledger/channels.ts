// The public life of channels, as the logs tell it, and the postings that follow from it. A function of the set of statements: any order of
// arrival ends at the same balances.

import type { Outcome, Posting, ReceiptLookup, Terms } from '../channel/index.ts';
import { outcomeOf, POSTINGS_PER_SIDE_MAX } from '../channel/index.ts';
import { agentAccount, escrowAccount, type LedgerPosting, type Line } from './posting.ts';

/** A channel as its statements show it. */
export interface PublicChannel {
  readonly terms: Terms;
  readonly openedAtMs: number;
  readonly accepted: boolean;
  readonly postings: readonly Posting[];
  /** What the ledger has paid out so far, and how many times it has. */
  readonly paidOut: { readonly payer: bigint; readonly payee: bigint; readonly times: number };
}

/** A channel that was just opened, and the posting that locks its escrow. */
export function publicChannel(
  terms: Terms,
  openedAtMs: number,
): { channel: PublicChannel; posting: LedgerPosting } {
  const channel: PublicChannel = {
    terms,
    openedAtMs,
    accepted: false,
    postings: [],
    paidOut: { payer: 0n, payee: 0n, times: 0 },
  };
  const posting: LedgerPosting = {
    id: `open/${terms.channel}`,
    kind: 'channel-open',
    currency: terms.currency,
    lines: [
      { account: agentAccount(terms.payer), amount: -terms.escrow },
      { account: escrowAccount(terms.channel), amount: terms.escrow },
    ],
    memo: '',
    sources: [terms.channel],
    atMs: openedAtMs,
  };
  return { channel, posting };
}

/** The payee takes part: its deposit is locked too. */
export function acceptPublic(
  channel: PublicChannel,
  statementId: string,
  atMs: number,
): { channel: PublicChannel; posting: LedgerPosting | undefined } {
  const { terms } = channel;
  if (channel.accepted) return { channel, posting: undefined };
  const next = { ...channel, accepted: true };
  if (terms.deposit === 0n) return { channel: next, posting: undefined };
  const posting: LedgerPosting = {
    id: `accept/${terms.channel}`,
    kind: 'channel-accept',
    currency: terms.currency,
    lines: [
      { account: agentAccount(terms.payee), amount: -terms.deposit },
      { account: escrowAccount(terms.channel), amount: terms.deposit },
    ],
    memo: '',
    sources: [statementId],
    atMs,
  };
  return { channel: next, posting };
}

/** Adds a step towards the end. Undefined when it is known, or its side has posted too much. */
export function addPosting(channel: PublicChannel, posting: Posting): PublicChannel | undefined {
  if (channel.postings.some(({ id }) => id === posting.id)) return undefined;
  if (channel.postings.filter(({ by }) => by === posting.by).length >= POSTINGS_PER_SIDE_MAX)
    return undefined;
  return { ...channel, postings: [...channel.postings, posting] };
}

/** How a public channel ends, or would. */
export function outcomeOfPublic(channel: PublicChannel, receipts: ReceiptLookup): Outcome {
  return outcomeOf(channel.terms, channel.postings, channel.accepted, receipts);
}

/**
 * What the ledger has to post so that both sides have what the end gives them: nothing before the end; the shares at the end; the
 * difference when something that counts came later.
 */
export function payOut(
  channel: PublicChannel,
  receipts: ReceiptLookup,
): { channel: PublicChannel; posting: LedgerPosting | undefined } {
  const { paidOut, postings, terms } = channel;
  const outcome = outcomeOfPublic(channel, receipts);
  if (!outcome.final) return { channel, posting: undefined };
  const [toPayer, toPayee] = [outcome.payer - paidOut.payer, outcome.payee - paidOut.payee];
  if (toPayer === 0n && toPayee === 0n) return { channel, posting: undefined };
  const lines: Line[] = [
    { account: escrowAccount(terms.channel), amount: -(toPayer + toPayee) },
    { account: agentAccount(terms.payer), amount: toPayer },
    { account: agentAccount(terms.payee), amount: toPayee },
  ];
  const posting: LedgerPosting = {
    id: `end/${terms.channel}/${paidOut.times}`,
    kind: 'channel-end',
    currency: terms.currency,
    lines: lines.filter(({ amount }) => amount !== 0n),
    memo: outcome.penalised.length === 0 ? '' : `penalty: ${outcome.penalised.join(' and ')}`,
    sources: postings.map(({ id }) => id),
    atMs: Math.max(...postings.map(({ issuedAtMs }) => issuedAtMs)),
  };
  const times = paidOut.times + 1;
  return { channel: { ...channel, paidOut: { payer: outcome.payer, payee: outcome.payee, times } }, posting };
}
