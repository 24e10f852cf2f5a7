// A hop's answer to a header: the stream goes on to its other end, or why it does not. After "ok" come the sealed bytes of the ends.

import { encode } from '@ipld/dag-cbor';
import { type ErrorCode, errorCodes, ZeroError } from '../errors/index.ts';
import { isPeerText, mapOf } from './header.ts';
import { FORWARD_TTL_MAX, REASON_CHARS_MAX, REPLY_BYTES_MAX } from './limits.ts';

/** What a hop answers. */
export type ForwardReply =
  | {
      readonly ok: true;
      /** Relays behind the answering one, it included, up to the destination, which is left out. */
      readonly path: readonly string[];
      /** What the answering hop expects from itself to the destination, in ms; Infinity when it does not know. */
      readonly remainingMs: number;
      /** From having the header to answering, in ms, as the answering hop says: what is left of the asker's time is the link. */
      readonly tookMs: number;
    }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly reason: string;
      /** Another hop may do better: false when nobody's answer would differ. */
      readonly elsewhere: boolean;
    };

/** Milliseconds that a hop may claim; more is as good as no way. */
const REMAINING_MS_MAX = 600_000;

/** The bytes of an answer. */
export function encodeReply(reply: ForwardReply): Uint8Array {
  if (reply.ok)
    return encode({
      ok: true,
      path: [...reply.path],
      remainingMs: Number.isFinite(reply.remainingMs)
        ? Math.min(REMAINING_MS_MAX, Math.ceil(reply.remainingMs))
        : null,
      tookMs: Math.min(REMAINING_MS_MAX, Math.ceil(reply.tookMs)),
    });
  return encode({ ...reply, reason: reply.reason.slice(0, REASON_CHARS_MAX) });
}

/** Reads an answer. Throws DECODE_FAILED on anything but a well-formed one. */
export function decodeReply(bytes: Uint8Array): ForwardReply {
  if (bytes.length > REPLY_BYTES_MAX) throw bad('it is too long');
  const { code, elsewhere, ok, path, reason, remainingMs, tookMs } = mapOf(bytes, 'the answer of a hop');
  if (ok === true) {
    if (!Array.isArray(path) || path.length > FORWARD_TTL_MAX || !path.every(isPeerText))
      throw bad('its path is malformed');
    return {
      ok,
      path: path as string[],
      remainingMs: remainingMs === null ? Number.POSITIVE_INFINITY : milliseconds(remainingMs),
      tookMs: milliseconds(tookMs),
    };
  }
  if (ok !== false) throw bad('it says neither yes nor no');
  if (typeof code !== 'string' || !Object.hasOwn(errorCodes, code)) throw bad('its code is unknown');
  if (typeof reason !== 'string' || reason.length > REASON_CHARS_MAX) throw bad('its reason is malformed');
  return { ok, code: code as ErrorCode, reason, elsewhere: elsewhere === true };
}

function milliseconds(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= REMAINING_MS_MAX)
    return value;
  throw bad('its estimate is malformed');
}

function bad(why: string): ZeroError {
  return new ZeroError('DECODE_FAILED', `the answer of a hop is malformed: ${why}`);
}
