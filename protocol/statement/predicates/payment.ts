// Reads the statements of payments: channels and postings. Form only: what they amount to is for protocol/channel and protocol/ledger.

import { Fields, REASON_CHARS_MAX } from '../../fields/index.ts';
import { requireAgentId } from '../../identity/index.ts';
import type { JsonValue } from '../../json/index.ts';
import {
  CHANNEL_CLAIMS_MAX,
  CHANNEL_DISPUTE_SECONDS_MAX,
  CHANNEL_STATE_CHARS_MAX,
  POSTING_LINES_MAX,
} from '../limits.ts';
import type { Subject } from '../types.ts';
import { AUTHORED_MEMBERS, NAME_RULE, readAuthored, readContentId, subjectOfContentId } from './common.ts';
import {
  CHANNEL_CLOSE_KINDS,
  type ChannelAcceptPredicate,
  type ChannelClosePredicate,
  type ChannelOpenPredicate,
  type LedgerPostingPredicate,
  POSTING_KINDS,
  type PostingLineJson,
} from './payment-types.ts';

const CURRENCY = { min: 3, max: 12, pattern: /^[A-Z][A-Z0-9]+$/ };
const DID_KEY = { max: 64, min: 50, pattern: /^did:key:z[1-9A-HJ-NP-Za-km-z]+$/ };
const NONCE = { max: 32, min: 32, pattern: /^[0-9a-f]+$/ };
const BASE64 = {
  max: CHANNEL_STATE_CHARS_MAX,
  pattern: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
};
const ACCOUNT = { max: 80, pattern: /^(?:agent|fees|issuance):zs:bafkrei[a-h][a-z2-7]{50}[aeimquy4]$/ };
const SIGNED = { max: 23, pattern: /^-?[1-9][0-9]{0,21}$/ };

export function readChannelOpen(value: JsonValue): ChannelOpenPredicate {
  const amounts = ['escrow', 'deposit', 'step', 'penalty'];
  const members = ['payee', 'currency', ...amounts, 'disputeSeconds', 'payerKey', 'payeeKey', 'nonce'];
  const fields = new Fields(value, 'channel-open', [...AUTHORED_MEMBERS, ...members]);
  return {
    ...readAuthored(fields),
    payee: requireAgentId(fields.raw('payee'), 'channel-open.payee'),
    currency: fields.text('currency', CURRENCY),
    escrow: fields.decimal('escrow'),
    deposit: fields.decimal('deposit'),
    step: fields.decimal('step'),
    penalty: fields.decimal('penalty'),
    disputeSeconds: fields.integer('disputeSeconds', 1, CHANNEL_DISPUTE_SECONDS_MAX),
    payerKey: fields.text('payerKey', DID_KEY),
    payeeKey: fields.text('payeeKey', DID_KEY),
    nonce: fields.text('nonce', NONCE),
  };
}

export function channelOpenSubjects({ payee }: Pick<ChannelOpenPredicate, 'payee'>): Subject[] {
  return [subjectOfContentId(payee, payee.slice('zs:'.length))];
}

export function readChannelAccept(value: JsonValue): ChannelAcceptPredicate {
  const fields = new Fields(value, 'channel-accept', [...AUTHORED_MEMBERS, 'channel']);
  return { ...readAuthored(fields), channel: readContentId(fields, 'channel') };
}

export function readChannelClose(value: JsonValue): ChannelClosePredicate {
  const members = ['channel', 'kind', 'update', 'ack', 'agreement', 'claims'];
  const fields = new Fields(value, 'channel-close', [...AUTHORED_MEMBERS, ...members]);
  return {
    ...readAuthored(fields),
    channel: readContentId(fields, 'channel'),
    kind: fields.oneOf('kind', CHANNEL_CLOSE_KINDS),
    update: fields.nullableText('update', BASE64),
    ack: fields.nullableText('ack', BASE64),
    agreement: fields.nullableText('agreement', BASE64),
    claims: fields.list('claims', { max: CHANNEL_CLAIMS_MAX }, (item, where) => {
      const claim = new Fields(item, where, ['task', 'receipt']);
      return { task: claim.text('task', NAME_RULE), receipt: readContentId(claim, 'receipt') };
    }),
  };
}

/** What a step of a channel's life is about: the channel. */
export function channelSubjects({ channel }: { channel: string }): Subject[] {
  return [subjectOfContentId('channel', channel)];
}

function readLine(value: JsonValue, where: string): PostingLineJson {
  const fields = new Fields(value, where, ['account', 'amount']);
  return { account: fields.text('account', ACCOUNT), amount: fields.text('amount', SIGNED) };
}

export function readLedgerPosting(value: JsonValue): LedgerPostingPredicate {
  const members = ['posting', 'kind', 'currency', 'lines', 'memo'];
  const fields = new Fields(value, 'ledger-posting', [...AUTHORED_MEMBERS, ...members]);
  return {
    ...readAuthored(fields),
    posting: fields.text('posting', NAME_RULE),
    kind: fields.oneOf('kind', POSTING_KINDS),
    currency: fields.text('currency', CURRENCY),
    lines: fields.list('lines', { min: 2, max: POSTING_LINES_MAX }, readLine),
    memo: fields.text('memo', { min: 0, max: REASON_CHARS_MAX }),
  };
}

/** What a posting is about: the agent whose accounts give. */
export function ledgerPostingSubjects({ issuer }: Pick<LedgerPostingPredicate, 'issuer'>): Subject[] {
  return [subjectOfContentId(issuer, issuer.slice('zs:'.length))];
}
