// What partners say to each other over libp2p: greetings, queries, openings. Codecs and bounds only; nothing is verified here.

import { encode } from '@ipld/dag-cbor';
import { fromUtf8, utf8 } from '../../protocol/bytes/index.ts';
import { type ErrorCode, errorCodes, ZeroError } from '../../protocol/errors/index.ts';
import {
  type Opening,
  PARTNER_DOCUMENT_BYTES_MAX,
  PARTNER_REQUEST_BYTES_MAX,
} from '../../protocol/partner/index.ts';
import { decodeRow, encodeRow, type ProvenanceRow, ROW_BYTES_MAX } from '../../protocol/provenance/index.ts';
import { isRetryMs } from '../rpc/answer.ts';
import { decodeCborMap } from '../rpc/cbor.ts';
import type { RpcProtocol } from '../rpc/index.ts';
import type { RowProtocol } from '../rpc/row-streams.ts';
import { ANSWER_ROWS_BYTES_MAX, EXCHANGE_MS_MAX, OPENING_BYTES_MAX, QUERY_MS_MAX } from './limits.ts';
import { encodeOpening, readOpening } from './sealed-store.ts';

/** Three documents with their envelopes, in no text form. */
const GREETING_BYTES_MAX = PARTNER_DOCUMENT_BYTES_MAX * 5;
const MESSAGE_CHARS_MAX = 500; // an error message of a peer is shown to people: short, and never trusted
const ID_CHARS_MAX = 64;

/** Greetings: who speaks here, and what was agreed. */
export function greetingProtocol(network: string): RpcProtocol {
  return {
    id: `/zerostate/${network}/partner/1`,
    requestBytesMax: GREETING_BYTES_MAX,
    responseBytesMax: GREETING_BYTES_MAX,
    timeoutMs: EXCHANGE_MS_MAX,
    perSecond: 2,
    burst: 60,
  };
}

/** Queries, answered row by row. */
export function queryProtocol(network: string): RowProtocol {
  return {
    id: `/zerostate/${network}/partner-query/1`,
    requestBytesMax: PARTNER_REQUEST_BYTES_MAX,
    rowBytesMax: ROW_BYTES_MAX + OPENING_BYTES_MAX,
    answerBytesMax: ANSWER_ROWS_BYTES_MAX,
    timeoutMs: QUERY_MS_MAX,
    perSecond: 100,
    burst: 1_000,
    refusal: (message, retryMs) =>
      encodeBatch([encodeFrame({ kind: 'error', code: 'OVERLOADED', message, retryMs })]),
  };
}

/** Openings of sealed statements, from some position of the log on. */
export function openingProtocol(network: string): RowProtocol {
  return {
    id: `/zerostate/${network}/partner-openings/1`,
    requestBytesMax: 1_024,
    rowBytesMax: OPENING_BYTES_MAX + 1_024,
    answerBytesMax: ANSWER_ROWS_BYTES_MAX,
    timeoutMs: QUERY_MS_MAX,
    perSecond: 2,
    burst: 60,
    // What was sealed waits without harm: it is asked for again.
    sheds: 'bulk',
  };
}

/** Signed documents as bytes of their envelopes. */
export interface Greeting {
  readonly pass: Uint8Array;
  /** What the speaker gives. */
  readonly given: Uint8Array;
  /** The speaker's consent to what it is given, where it has that. */
  readonly consent: Uint8Array | null;
}

export function encodeGreeting({ pass, given, consent }: Greeting): Uint8Array {
  return encode({ pass, given, consent });
}

/** Throws DECODE_FAILED. */
export function decodeGreeting(bytes: Uint8Array): Greeting {
  const { pass, given, consent } = decodeCborMap(bytes, 'the greeting');
  if (!(pass instanceof Uint8Array) || !(given instanceof Uint8Array))
    throw new ZeroError('DECODE_FAILED', 'the greeting lacks a part');
  if (consent !== null && !(consent instanceof Uint8Array))
    throw new ZeroError('DECODE_FAILED', 'the consent of the greeting is malformed');
  return { pass, given, consent };
}

/** One frame of the answer to a query. */
export type AnswerFrame =
  | { readonly kind: 'row'; readonly row: ProvenanceRow }
  /** What the scope opens of a sealed statement among the rows. */
  | { readonly kind: 'opening'; readonly statementId: string; readonly opening: Opening }
  /** The signed answer: the last frame. */
  | { readonly kind: 'answer'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      /** When to come back, in milliseconds. */
      readonly retryMs?: number;
    };

const TAGS = { row: 1, opening: 2, answer: 3, error: 4 } as const;

function tagged(tag: number, bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(bytes.length + 1);
  framed[0] = tag;
  framed.set(bytes, 1);
  return framed;
}

export function encodeFrame(frame: AnswerFrame): Uint8Array {
  switch (frame.kind) {
    case 'row':
      return tagged(TAGS.row, encodeRow(frame.row));
    case 'opening':
      return tagged(TAGS.opening, encode({ id: frame.statementId, opening: encodeOpening(frame.opening) }));
    case 'answer':
      return tagged(TAGS.answer, frame.bytes);
    case 'error':
      return tagged(TAGS.error, utf8(errorText(frame)));
  }
}

/** A code, a message, and on a line of its own when to come back: who does not know of that reads it as a part of the message. */
const ERROR_TEXT = /^(\S*) ?([\s\S]*?)(?:\n(\d{1,6}))?$/;

function errorText({ code, message, retryMs }: Extract<AnswerFrame, { kind: 'error' }>): string {
  const wait = retryMs === undefined ? '' : `\n${retryMs}`;
  return `${code} ${message.slice(0, MESSAGE_CHARS_MAX)}${wait}`;
}

/** Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeFrame(bytes: Uint8Array): AnswerFrame {
  const body = bytes.subarray(1);
  switch (bytes[0]) {
    case TAGS.row:
      return { kind: 'row', row: decodeRow(body) };
    case TAGS.opening: {
      const { id, opening } = decodeCborMap(body, 'the opening');
      if (typeof id !== 'string' || id.length > ID_CHARS_MAX || !(opening instanceof Uint8Array))
        throw new ZeroError('DECODE_FAILED', 'the opening lacks a part');
      return {
        kind: 'opening',
        statementId: id,
        opening: readOpening(decodeCborMap(opening, 'the opening')),
      };
    }
    case TAGS.answer:
      return { kind: 'answer', bytes: body.slice() };
    case TAGS.error: {
      const [, code = '', text = '', wait] = ERROR_TEXT.exec(fromUtf8(body)) ?? [];
      const known = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'PARTNER_REFUSED';
      const message = text.slice(0, MESSAGE_CHARS_MAX);
      const retryMs = wait === undefined ? undefined : Number(wait);
      return { kind: 'error', code: known, message, ...(isRetryMs(retryMs) ? { retryMs } : {}) };
    }
    default:
      throw new ZeroError('DECODE_FAILED', 'a frame of an unknown kind');
  }
}

const LENGTH_BYTES = 4;

/** Several frames as one message: each with its length before it. */
export function encodeBatch(frames: readonly Uint8Array[]): Uint8Array {
  const batch = new Uint8Array(frames.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0));
  const view = new DataView(batch.buffer);
  let at = 0;
  for (const frame of frames) {
    view.setUint32(at, frame.length);
    batch.set(frame, at + LENGTH_BYTES);
    at += LENGTH_BYTES + frame.length;
  }
  return batch;
}

/** The frames of a message. Throws DECODE_FAILED. */
export function* decodeBatch(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < bytes.length) {
    const end = at + LENGTH_BYTES + (at + LENGTH_BYTES <= bytes.length ? view.getUint32(at) : bytes.length);
    if (end > bytes.length) throw new ZeroError('DECODE_FAILED', 'a message of frames is cut off');
    yield bytes.subarray(at + LENGTH_BYTES, end);
    at = end;
  }
}

/** From which position of the asked node's log openings are wanted. */
export function encodeOpeningsRequest(next: number): Uint8Array {
  return encode({ next });
}

/** Throws DECODE_FAILED. */
export function decodeOpeningsRequest(bytes: Uint8Array): number {
  const { next } = decodeCborMap(bytes, 'the request for openings');
  if (typeof next !== 'number' || !Number.isSafeInteger(next) || next < 0)
    throw new ZeroError('DECODE_FAILED', 'the request for openings names no position');
  return next;
}

/** A frame of openings: one of them, or, last, the position to go on from. */
export type OpeningFrame =
  | { readonly index: number; readonly statementId: string; readonly opening: Opening }
  | { readonly next: number };

export function encodeOpeningFrame(frame: OpeningFrame): Uint8Array {
  return 'next' in frame
    ? encode(frame)
    : encode({ index: frame.index, id: frame.statementId, opening: encodeOpening(frame.opening) });
}

/** Throws DECODE_FAILED. */
export function decodeOpeningFrame(bytes: Uint8Array): OpeningFrame {
  const map = decodeCborMap(bytes, 'the opening');
  if (typeof map.next === 'number' && Number.isSafeInteger(map.next)) return { next: map.next };
  const { id, index, opening } = map;
  if (
    typeof id !== 'string' ||
    id.length > ID_CHARS_MAX ||
    typeof index !== 'number' ||
    !(opening instanceof Uint8Array)
  )
    throw new ZeroError('DECODE_FAILED', 'the opening lacks a part');
  return { index, statementId: id, opening: readOpening(decodeCborMap(opening, 'the opening')) };
}
