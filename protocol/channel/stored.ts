// How a side of a channel is kept on a disk: its own signatures and those it was given, as envelopes that are verified again when they are read.
// Postings are not kept here: they stand in the logs, and come back from there.

import { fromBase64, toBase64 } from '../bytes/index.ts';
import { decodeEnvelope, type Envelope, encodeEnvelope } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { Fields } from '../fields/index.ts';
import type { JsonObject, JsonValue } from '../json/index.ts';
import { OFFERS_MAX } from './limits.ts';
import { verifyAck, verifyClosing, verifyUpdate } from './messages.ts';
import { type ChannelState, initialState, type Phase, type Work } from './state.ts';
import type { Side, Terms } from './types.ts';

const MEMBERS = [
  'side',
  'phase',
  'newest',
  'ack',
  'work',
  'yielded',
  'closing',
  'contradiction',
  'closeSeenMs',
];
const PHASES: readonly Phase[] = ['opening', 'open', 'closing', 'settled'];
const SIDES: readonly Side[] = ['payer', 'payee'];
const NAME = { max: 128, pattern: /^[\x21-\x7e]+$/ };
const TEXT = { max: 65_536 };

function textOf(message: { readonly envelope: Envelope } | null): string | null {
  return message === null ? null : toBase64(encodeEnvelope(message.envelope));
}

/** The stored form: JSON. */
export function channelToStored(state: ChannelState): JsonObject {
  return {
    side: state.side,
    phase: state.phase,
    newest: textOf(state.newest),
    ack: textOf(state.ack),
    work: Object.entries(state.work).map(([task, work]) =>
      work.state === 'running'
        ? { task, amount: null, receipt: null }
        : { task, amount: String(work.amount), receipt: work.receipt },
    ),
    yielded: String(state.yielded),
    closing: textOf(state.closing),
    contradiction: textOf(state.contradiction),
    closeSeenMs: state.closeSeenMs,
  };
}

function readWork(value: JsonValue, where: string): [string, Work] {
  const fields = new Fields(value, where, ['task', 'amount', 'receipt']);
  const task = fields.text('task', NAME);
  if (fields.raw('amount') === null) return [task, { state: 'running' }];
  const amount = BigInt(fields.decimal('amount'));
  return [task, { state: 'due', amount, receipt: fields.text('receipt', NAME) }];
}

/** Reads a stored side back, every signature verified. Error: DATA_CORRUPT. */
export function channelFromStored(terms: Terms, value: JsonValue): ChannelState {
  try {
    const fields = new Fields(value, 'stored channel', MEMBERS);
    const side = fields.oneOf('side', SIDES);
    const ownKey = side === 'payer' ? terms.payerKey : terms.payeeKey;
    const read = <T>(name: string, verify: (envelope: Envelope) => T): T | null => {
      const text = fields.nullableText(name, TEXT);
      return text === null ? null : verify(decodeEnvelope(fromBase64(text)));
    };
    return {
      ...initialState(side, terms),
      phase: fields.oneOf('phase', PHASES),
      newest: read('newest', (envelope) => verifyUpdate(terms, envelope)),
      ack: read('ack', (envelope) => verifyAck(terms, envelope)),
      work: Object.fromEntries(fields.list('work', { max: OFFERS_MAX }, readWork)),
      // Sides that were stored before there was such a thing have yielded nothing.
      yielded: fields.has('yielded') ? BigInt(fields.decimal('yielded')) : 0n,
      closing: read('closing', (envelope) => verifyClosing(terms, envelope, ownKey)),
      contradiction: read('contradiction', (envelope) => verifyUpdate(terms, envelope)),
      closeSeenMs: fields.raw('closeSeenMs') === null ? null : fields.integer('closeSeenMs', 0),
    };
  } catch (cause) {
    throw new ZeroError('DATA_CORRUPT', `the channel ${terms.channel} is damaged`, { cause });
  }
}
