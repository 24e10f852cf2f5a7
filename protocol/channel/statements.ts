// Reads the statements of channels as what they mean: terms of an opening, and postings with their states verified.

import { fromBase64 } from '../bytes/index.ts';
import { decodeEnvelope, type Envelope } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { timeMs } from '../fields/index.ts';
import {
  type AgentStatement,
  CHANNEL_ACCEPT_PREDICATE,
  CHANNEL_CLOSE_PREDICATE,
  CHANNEL_OPEN_PREDICATE,
  type ChannelTermsJson,
} from '../statement/index.ts';
import { UPDATE_BYTES_MAX } from './limits.ts';
import { verifyAck, verifyClosing, verifyUpdate } from './messages.ts';
import type { Posting, Side, Terms } from './types.ts';

type OpenStatement = AgentStatement<typeof CHANNEL_OPEN_PREDICATE>;
type AcceptStatement = AgentStatement<typeof CHANNEL_ACCEPT_PREDICATE>;
type CloseStatement = AgentStatement<typeof CHANNEL_CLOSE_PREDICATE>;

/** What can be paid through a channel: the escrow without the penalty. */
export function capacityOf(terms: Terms): bigint {
  return terms.escrow - terms.penalty;
}

/** Refuses terms under which an old state would cost nothing, or nothing could be paid. Error: STATEMENT_INVALID. */
export function checkTerms(json: ChannelTermsJson, payer: string): void {
  const [escrow, step, penalty] = [json.escrow, json.step, json.penalty].map(BigInt) as [
    bigint,
    bigint,
    bigint,
  ];
  if (payer === json.payee) throw new ZeroError('STATEMENT_INVALID', 'an agent has no channel with itself');
  if (step === 0n) throw new ZeroError('STATEMENT_INVALID', 'the step of a channel is not 0');
  if (escrow < step + penalty)
    throw new ZeroError('STATEMENT_INVALID', 'the escrow of a channel covers one step and the penalty');
}

/** The terms of a verified opening. Error: STATEMENT_INVALID. */
export function termsOf(statement: OpenStatement): Terms {
  const json = statement.statement.predicate;
  checkTerms(json, statement.issuer);
  if (json.payerKey !== statement.operationalKey)
    throw new ZeroError('STATEMENT_INVALID', 'a channel is opened with the key that signs its updates');
  return {
    channel: statement.id,
    payer: statement.issuer,
    payee: json.payee,
    currency: json.currency,
    escrow: BigInt(json.escrow),
    deposit: BigInt(json.deposit),
    step: BigInt(json.step),
    penalty: BigInt(json.penalty),
    disputeMs: json.disputeSeconds * 1_000,
    payerKey: json.payerKey,
    payeeKey: json.payeeKey,
  };
}

/** Checks that a verified acceptance is the payee's of these terms. Error: STATEMENT_INVALID. */
export function checkAcceptance(terms: Terms, statement: AcceptStatement): void {
  const { channel } = statement.statement.predicate;
  const fits = channel === terms.channel && statement.issuer === terms.payee;
  if (!fits || statement.operationalKey !== terms.payeeKey)
    throw new ZeroError('STATEMENT_INVALID', 'the acceptance is not that of the payee of this channel');
}

/** Which side an agent is; undefined for a stranger. */
export function sideOf(terms: Pick<Terms, 'payer' | 'payee'>, agentId: string): Side | undefined {
  return agentId === terms.payer ? 'payer' : agentId === terms.payee ? 'payee' : undefined;
}

function envelopeOf(text: string): Envelope {
  return decodeEnvelope(fromBase64(text), { payloadBytesMax: UPDATE_BYTES_MAX });
}

/** A verified step towards the end, with the states in it verified. Errors: STATEMENT_INVALID, SIGNATURE_INVALID, DECODE_FAILED, LIMIT_EXCEEDED. */
export function postingOf(terms: Terms, statement: CloseStatement): Posting {
  const json = statement.statement.predicate;
  const by = sideOf(terms, statement.issuer);
  if (by === undefined || json.channel !== terms.channel)
    throw new ZeroError('STATEMENT_INVALID', 'only the sides of a channel post its state');
  if ((json.kind === 'cooperative') !== (json.agreement !== null))
    throw new ZeroError('STATEMENT_INVALID', 'an agreement is posted exactly with a cooperative close');
  const otherKey = by === 'payer' ? terms.payeeKey : terms.payerKey;
  return {
    id: statement.id,
    by,
    kind: json.kind,
    update: json.update === null ? null : verifyUpdate(terms, envelopeOf(json.update)),
    ack: json.ack === null ? null : verifyAck(terms, envelopeOf(json.ack)),
    agreement: json.agreement === null ? null : verifyClosing(terms, envelopeOf(json.agreement), otherKey),
    claims: json.claims,
    issuedAtMs: timeMs(json.issuedAt),
  };
}

/** The three kinds of statement that make a channel's public life. */
export const CHANNEL_PREDICATES: readonly string[] = [
  CHANNEL_OPEN_PREDICATE,
  CHANNEL_ACCEPT_PREDICATE,
  CHANNEL_CLOSE_PREDICATE,
];
