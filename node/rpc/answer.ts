// What comes back over an RPC stream: a result, or an error with a code, a message and when to come back.

import { type ErrorCode, errorCodes, isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { decodeCborMap } from './cbor.ts';

/** Characters of an error's message: one of a peer is shown to people, so it is short, and never trusted. */
export const MESSAGE_CHARS_MAX = 500;
/** The longest that a peer may ask a caller to wait. */
const RETRY_MS_MAX = 60_000;

/** A result or an error, as it travels. */
export type Answer = { ok: Uint8Array } | { error: { code: string; message: string; retryMs?: number } };

/** What a peer is told of an error: one of ours that was not meant says no more than that. */
export function refusalOf(error: unknown): { code: string; message: string; isOurs: boolean } {
  return isZeroError(error)
    ? { code: error.code, message: error.message.slice(0, MESSAGE_CHARS_MAX), isOurs: false }
    : { code: 'INTERNAL', message: 'internal error', isOurs: true };
}

/** The result of an answer. Throws DECODE_FAILED, or the typed error that the peer answered. */
export function unwrap(bytes: Uint8Array): Uint8Array {
  const answer = decodeCborMap(bytes, 'the peer’s answer') as Partial<{
    ok: unknown;
    error: { code?: unknown; message?: unknown; retryMs?: unknown };
  }>;
  if (answer.ok instanceof Uint8Array) return answer.ok;
  const { code, message, retryMs } = answer.error ?? {};
  const known =
    typeof code === 'string' && Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'DECODE_FAILED';
  throw new ZeroError(
    known,
    typeof message === 'string'
      ? `peer: ${message.slice(0, MESSAGE_CHARS_MAX)}`
      : 'the peer answered without a result',
    { details: isRetryMs(retryMs) ? { retryMs } : {} },
  );
}

/** A peer's word on when to come back, within reason. */
export function isRetryMs(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= RETRY_MS_MAX;
}
