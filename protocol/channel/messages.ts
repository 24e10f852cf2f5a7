// The messages of a channel between its two sides: signed and verified. Each is a DSSE envelope of the one key that the opening names.

import {
  type Envelope,
  envelopeId,
  isContentId,
  publicKeyOfDidKey,
  type Signer,
  signEnvelope,
  verifyExactly,
} from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { Fields } from '../fields/index.ts';
import { canonicalJson, type JsonValue, parseStrictJson } from '../json/index.ts';
import { OFFERS_MAX, PAYS_MAX, UPDATE_BYTES_MAX, UPDATE_DEPTH_MAX, VERSION_MAX } from './limits.ts';
import type { Ack, Closing, Offer, Pay, Terms, Update } from './types.ts';

export const CHANNEL_UPDATE_TYPE = 'application/vnd.zerostate.channel-update+json';
export const CHANNEL_ACK_TYPE = 'application/vnd.zerostate.channel-ack+json';
export const CHANNEL_CLOSING_TYPE = 'application/vnd.zerostate.channel-closing+json';
export const CHANNEL_WITHDRAWAL_TYPE = 'application/vnd.zerostate.channel-withdrawal+json';

const NAME = { max: 128, pattern: /^[\x21-\x7e]+$/ };

function sign(payloadType: string, body: JsonValue, signer: Signer): Envelope {
  return signEnvelope(
    { payloadType, payload: canonicalJson(body), signers: [signer] },
    { payloadBytesMax: UPDATE_BYTES_MAX },
  );
}

function verify(
  envelope: Envelope,
  payloadType: string,
  key: string,
  what: string,
  members: string[],
): Fields {
  if (envelope.payloadType !== payloadType)
    throw new ZeroError('DECODE_FAILED', `the envelope is no ${what}`);
  if (envelope.payload.length > UPDATE_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `the ${what} is larger than ${UPDATE_BYTES_MAX} bytes`);
  verifyExactly(envelope, [publicKeyOfDidKey(key)]);
  const value = parseStrictJson(envelope.payload, {
    bytesMax: UPDATE_BYTES_MAX,
    depthMax: UPDATE_DEPTH_MAX,
  });
  return new Fields(value, what, members);
}

function requireChannel(fields: Fields, terms: Terms): void {
  if (fields.raw('channel') !== terms.channel) fields.refuse('channel', 'is another channel');
}

/** Signs an update. Errors: LIMIT_EXCEEDED. */
export function signUpdate(
  terms: Terms,
  body: { version: number; paid: bigint; offers: readonly Offer[]; pays: readonly Pay[] },
  signer: Signer,
): Update {
  const { version, paid, offers, pays } = body;
  const envelope = sign(
    CHANNEL_UPDATE_TYPE,
    {
      channel: terms.channel,
      version,
      paid: String(paid),
      offers: offers.map(({ task, amount, condition }) => ({ task, amount: String(amount), condition })),
      pays: pays.map(({ task, amount, reference }) => ({ task, amount: String(amount), reference })),
    },
    signer,
  );
  return { id: envelopeId(envelope), version, paid, offers, pays, envelope };
}

/** Verifies an update of the payer. What it may change is for the machine. Errors: SIGNATURE_INVALID, DECODE_FAILED, LIMIT_EXCEEDED. */
export function verifyUpdate(terms: Terms, envelope: Envelope): Update {
  const members = ['channel', 'version', 'paid', 'offers', 'pays'];
  const fields = verify(envelope, CHANNEL_UPDATE_TYPE, terms.payerKey, 'channel update', members);
  requireChannel(fields, terms);
  const offers = fields.list('offers', { max: OFFERS_MAX }, readOffer);
  if (new Set(offers.map(({ task }) => task)).size !== offers.length)
    fields.refuse('offers', 'names one task twice');
  return {
    id: envelopeId(envelope),
    version: fields.integer('version', 1, VERSION_MAX),
    paid: BigInt(fields.decimal('paid')),
    offers,
    pays: fields.list('pays', { max: PAYS_MAX }, readPay),
    envelope,
  };
}

/** What of an update could never be read again; undefined when nothing. A payer asks before it signs: such an update would block its channel. */
export function unreadable({ offers, pays }: Pick<Update, 'offers' | 'pays'>): string | undefined {
  const fits = (name: string) => name.length <= NAME.max && NAME.pattern.test(name);
  if (offers.some(({ amount, task }) => amount <= 0n || !fits(task)))
    return 'an offer without a task or an amount';
  if (
    pays.some(
      ({ amount, reference, task }) => amount < 0n || !fits(reference) || (task !== null && !fits(task)),
    )
  )
    return `a payment whose reference is not 1 to ${NAME.max} printable characters without spaces`;
  return undefined;
}

function readOffer(value: JsonValue, where: string): Offer {
  const fields = new Fields(value, where, ['task', 'amount', 'condition']);
  const amount = BigInt(fields.decimal('amount'));
  if (amount === 0n) fields.refuse('amount', 'is nothing');
  const condition = fields.raw('condition') === null ? null : fields.digest('condition');
  return { task: fields.text('task', NAME), amount, condition };
}

function readPay(value: JsonValue, where: string): Pay {
  const fields = new Fields(value, where, ['task', 'amount', 'reference']);
  return {
    task: fields.nullableText('task', NAME),
    amount: BigInt(fields.decimal('amount')),
    reference: fields.text('reference', NAME),
  };
}

/** Signs the acknowledgement of an update. */
export function signAck(terms: Terms, update: Update, signer: Signer): Ack {
  const { version, id } = update;
  const envelope = sign(CHANNEL_ACK_TYPE, { channel: terms.channel, version, update: id }, signer);
  return { version, update: id, envelope };
}

/** Verifies an acknowledgement of the payee. Errors: SIGNATURE_INVALID, DECODE_FAILED, LIMIT_EXCEEDED. */
export function verifyAck(terms: Terms, envelope: Envelope): Ack {
  const members = ['channel', 'version', 'update'];
  const fields = verify(envelope, CHANNEL_ACK_TYPE, terms.payeeKey, 'channel acknowledgement', members);
  requireChannel(fields, terms);
  const update = fields.raw('update');
  if (typeof update !== 'string' || !isContentId(update)) fields.refuse('update', 'is not a content id');
  return { version: fields.integer('version', 1, VERSION_MAX), update: update as string, envelope };
}

/** Signs the wish to take an offer back. It binds nobody: the update without the offer does. */
export function signWithdrawal(terms: Terms, task: string, signer: Signer): Envelope {
  return sign(CHANNEL_WITHDRAWAL_TYPE, { channel: terms.channel, task }, signer);
}

/** Verifies that the payer wants an offer back; answers its task. Errors: SIGNATURE_INVALID, DECODE_FAILED, LIMIT_EXCEEDED. */
export function verifyWithdrawal(terms: Terms, envelope: Envelope): string {
  const fields = verify(envelope, CHANNEL_WITHDRAWAL_TYPE, terms.payerKey, 'channel withdrawal', [
    'channel',
    'task',
  ]);
  requireChannel(fields, terms);
  return fields.text('task', NAME);
}

/** Signs the end of a channel: what is paid, once and for all. */
export function signClosing(terms: Terms, body: { version: number; paid: bigint }, signer: Signer): Closing {
  const { version, paid } = body;
  const envelope = sign(
    CHANNEL_CLOSING_TYPE,
    { channel: terms.channel, version, paid: String(paid) },
    signer,
  );
  return { version, paid, envelope };
}

/** Verifies an end that `key`, one of the two of the channel, has signed. Errors: SIGNATURE_INVALID, DECODE_FAILED, LIMIT_EXCEEDED. */
export function verifyClosing(terms: Terms, envelope: Envelope, key: string): Closing {
  const fields = verify(envelope, CHANNEL_CLOSING_TYPE, key, 'channel closing', [
    'channel',
    'version',
    'paid',
  ]);
  requireChannel(fields, terms);
  return {
    version: fields.integer('version', 0, VERSION_MAX),
    paid: BigInt(fields.decimal('paid')),
    envelope,
  };
}
