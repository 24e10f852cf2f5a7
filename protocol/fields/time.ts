// Points in time as text: RFC 3339 in UTC. No clock is read here.

import { ZeroError } from '../errors/index.ts';

const TIMESTAMP =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

// Some engines roll 30 February over into March.
function dayExists(year: number, month: number, day: number): boolean {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 && leap ? 29 : (DAYS[month - 1] as number));
}

/**
 * Milliseconds since 1970 of `YYYY-MM-DDTHH:MM:SS[.mmm]Z`. Other offsets, leap seconds and days that do not exist are refused,
 * so that every reader orders two timestamps alike. Error: DECODE_FAILED.
 */
export function timeMs(text: string): number {
  const parts = TIMESTAMP.exec(text);
  if (parts === null || !dayExists(Number(parts[1]), Number(parts[2]), Number(parts[3]))) {
    throw new ZeroError('DECODE_FAILED', 'text is not an RFC 3339 time in UTC', {
      details: { text: text.slice(0, 40) },
    });
  }
  return Date.parse(text);
}

/** The text of a time given in milliseconds since 1970. Error: DECODE_FAILED outside the years 0 to 9999. */
export function timeText(ms: number): string {
  if (!Number.isSafeInteger(ms) || ms < -62_167_219_200_000 || ms > 253_402_300_799_999) {
    throw new ZeroError('DECODE_FAILED', 'time is outside the years 0 to 9999');
  }
  return new Date(ms).toISOString();
}
