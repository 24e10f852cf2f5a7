// Two agents with a channel, made once: their keys, the statements that fund and open the channel, receipts of tasks, and closes as signed
// statements. Schedules of channel messages are played on it by channel-model.ts.

import { toBase64 } from '../../protocol/bytes/index.ts';
import {
  type Offer,
  type PostEffect,
  type Posting,
  postingOf,
  type ReceiptFacts,
  type Side,
  type Terms,
  termsOf,
  type Update,
} from '../../protocol/channel/index.ts';
import { encodeEnvelope } from '../../protocol/envelope/index.ts';
import { timeText } from '../../protocol/fields/index.ts';
import { agentAccount, issuanceAccount } from '../../protocol/ledger/index.ts';
import { signReceipt } from '../../protocol/receipt/index.ts';
import {
  type AgentStatement,
  CHANNEL_ACCEPT_PREDICATE,
  CHANNEL_CLOSE_PREDICATE,
  CHANNEL_OPEN_PREDICATE,
  LEDGER_POSTING_PREDICATE,
  type OwnPredicates,
  type OwnPredicateType,
  signAgentStatement,
  verifyAgentStatement,
} from '../../protocol/statement/index.ts';
import { makeAgent, makeDeterministic, makeTerms, OBSERVED, type TestAgent } from './agents.ts';

export const CURRENCY = 'ZST';
export const FUNDS = 10_000n;
export const STEP = 50n;
export const START_MS = Date.parse('2026-03-01T00:00:00Z');
export const DISPUTE_MS = 60_000;
export const TASKS = 40;
export const MANIFEST = `sha256:${'9'.repeat(64)}`;

export const AGENTS: Readonly<Record<Side, TestAgent>> = { payer: makeAgent(10), payee: makeAgent(40) };

/** Signs a statement of one side, dated. */
export function say<T extends OwnPredicateType>(
  side: Side,
  predicateType: T,
  predicate: Omit<OwnPredicates[T], 'issuer' | 'keychain' | 'issuedAt'>,
  atMs: number,
): AgentStatement<T> {
  const { keychain, operational: signer } = AGENTS[side];
  const dated = { issuedAt: timeText(atMs), ...predicate } as unknown as Omit<
    OwnPredicates[T],
    'issuer' | 'keychain'
  >;
  return verifyAgentStatement(
    signAgentStatement({ predicateType, predicate: dated, keychain, signer }),
    predicateType,
  );
}

function fund(side: Side): AgentStatement {
  const { agentId } = AGENTS[side];
  const lines = [
    { account: issuanceAccount(agentId), amount: String(-FUNDS) },
    { account: agentAccount(agentId), amount: String(FUNDS) },
  ];
  return say(
    side,
    LEDGER_POSTING_PREDICATE,
    { posting: 'faucet', kind: 'issue', currency: CURRENCY, lines, memo: '' },
    START_MS,
  );
}

/** The payer's opening of a channel of the two. */
export function openingOf(
  terms: Partial<Parameters<typeof makeTerms>[0]>,
): AgentStatement<typeof CHANNEL_OPEN_PREDICATE> {
  const keys = {
    payee: AGENTS.payee.agentId,
    payerKey: AGENTS.payer.operational.keyid,
    payeeKey: AGENTS.payee.operational.keyid,
  };
  return say('payer', CHANNEL_OPEN_PREDICATE, makeTerms({ ...keys, ...terms }), START_MS);
}

let postings = 0;

/** What a side has posted, as the machines read it: with an id of its own, and nothing beside the update unless told. */
export function postedBy(
  by: Side,
  kind: Posting['kind'],
  newest: Update | null,
  more: Partial<Posting> = {},
): Posting {
  return {
    id: `posting ${postings++}`,
    by,
    kind,
    update: newest,
    ack: null,
    agreement: null,
    claims: [],
    issuedAtMs: 0,
    ...more,
  };
}

/** An offer for a numbered task, on the condition of its manifest. */
export const offerFor = (task: number, amount: bigint): Offer => ({
  task: `task-${task}`,
  amount,
  condition: MANIFEST,
});

/** A nonce for each number. */
export const nonceOf = (number: number): string => number.toString(16).padStart(32, '0');

const OPEN = openingOf({
  currency: CURRENCY,
  escrow: '600',
  deposit: '100',
  step: String(STEP),
  penalty: '100',
  disputeSeconds: DISPUTE_MS / 1_000,
});
export const TERMS: Terms = termsOf(OPEN);
const ACCEPT = say('payee', CHANNEL_ACCEPT_PREDICATE, { channel: TERMS.channel }, START_MS);

/** What each side has logged when a schedule begins. */
export const BEGINNING: Readonly<Record<Side, readonly AgentStatement[]>> = {
  payer: [fund('payer'), OPEN],
  payee: [fund('payee'), ACCEPT],
};

const made = new Map<number, AgentStatement>();

/** The payee's receipt for a task. It can sign one without having done the work. */
export function receiptOfTask(task: number): AgentStatement {
  const known = made.get(task);
  if (known !== undefined) return known;
  const { keychain, operational: signer } = AGENTS.payee;
  const receipt = verifyAgentStatement(
    signReceipt({
      keychain,
      signer,
      issuedAt: timeText(START_MS),
      deterministic: makeDeterministic(),
      observed: {
        ...OBSERVED,
        taskId: `task-${task}`,
        requester: AGENTS.payer.agentId,
        manifestDigest: MANIFEST,
      },
    }),
  );
  made.set(task, receipt);
  return receipt;
}

/** Facts of the receipts above, for a side's machine. */
export function factsOf(id: string): ReceiptFacts | undefined {
  for (const [task, receipt] of made)
    if (receipt.id === id)
      return {
        executor: AGENTS.payee.agentId,
        requester: AGENTS.payer.agentId,
        task: `task-${task}`,
        manifestDigest: MANIFEST,
      };
  return undefined;
}

/** A step towards the end as a statement, and as the machine takes it. */
export function closeStatement(
  side: Side,
  effect: Omit<PostEffect, 'type'>,
  atMs: number,
): { statement: AgentStatement; posting: Posting } {
  const text = (message: { envelope: Parameters<typeof encodeEnvelope>[0] } | null) =>
    message === null ? null : toBase64(encodeEnvelope(message.envelope));
  const statement = say(
    side,
    CHANNEL_CLOSE_PREDICATE,
    {
      channel: TERMS.channel,
      kind: effect.kind,
      update: text(effect.update),
      ack: text(effect.ack),
      agreement: text(effect.agreement),
      claims: [...effect.claims],
    },
    atMs,
  );
  return { statement, posting: postingOf(TERMS, statement) };
}
