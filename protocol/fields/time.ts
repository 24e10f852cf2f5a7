// Points in time as text: RFC 3339 in UTC. No clock is read here.

import { ZeroError } from '../errors/index.ts';

const TIMESTAMP =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$/;

/**
 * Milliseconds since 1970 of `YYYY-MM-DDTHH:MM:SS[.mmm]Z`. Other offsets, leap seconds and days that do not exist are refused,
 * so that every reader orders two timestamps alike. Error: DECODE_FAILED.
 */
export function timeMs(text: string): number {
  const ms = TIMESTAMP.test(text) ? Date.parse(text) : Number.NaN;
  // Some engines roll 30 February over into March.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== text.slice(0, 19)) {
    throw new ZeroError('DECODE_FAILED', 'text is not an RFC 3339 time in UTC', {
      details: { text: text.slice(0, 40) },
    });
  }
  return ms;
}

/** The text of a time given in milliseconds since 1970. Error: DECODE_FAILED outside the years 0 to 9999. */
export function timeText(ms: number): string {
  if (!Number.isSafeInteger(ms) || ms < -62_167_219_200_000 || ms > 253_402_300_799_999) {
    throw new ZeroError('DECODE_FAILED', 'time is outside the years 0 to 9999');
  }
  return new Date(ms).toISOString();
}
