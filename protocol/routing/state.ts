// Learned state as bytes and back: versioned, bounded, canonical. What is read back is treated as anybody's: a file may be old,
// cut short or made up, and the worst it may do is to be ignored.

import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from '../json/index.ts';
import type { Knowledge } from './knowledge.ts';
import { AUTHORS_MAX, ID_CHARS_MAX, NEIGHBOURS_MAX, SNAPSHOT_BYTES_MAX } from './limits.ts';
import type { Method } from './method.ts';

/** Raised when the meaning of a field changes. */
const VERSION = 1;
const DIGITS = /^\d{1,20}$/;

/** A number of a snapshot, or the default when it is anything else. */
export function numberOf(value: JsonValue | undefined, otherwise = 0): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}

/** The members of an object of a snapshot whose keys are identifiers, no more than a bound. */
export function rowsOf(value: JsonValue | undefined, max: number): [string, JsonObject][] {
  if (!isJsonObject(value)) return [];
  const rows: [string, JsonObject][] = [];
  for (const [id, row] of Object.entries(value))
    if (rows.length < max && id.length <= ID_CHARS_MAX && isJsonObject(row)) rows.push([id, row]);
  return rows;
}

/** Canonical bytes of all that is worth keeping. Without the method's own part when that does not fit. */
export function snapshotState(method: Method, knowledge: Knowledge, now: number): Uint8Array {
  const common: JsonObject = {
    version: VERSION,
    policy: method.name,
    at: Math.max(0, Math.floor(now)),
    sequence: knowledge.sequence.toString(),
    links: knowledge.links.save(now) as unknown as JsonValue,
    trust: knowledge.trust.save(now) as unknown as JsonValue,
  };
  const whole = canonicalJson({ ...common, learned: method.save?.(now) ?? {} });
  return whole.length <= SNAPSHOT_BYTES_MAX ? whole : canonicalJson({ ...common, learned: {} });
}

/** Takes up a snapshot of the same policy; false, and nothing changed, when it is not one. */
export function restoreState(bytes: Uint8Array, method: Method, knowledge: Knowledge, now: number): boolean {
  const state = parsed(bytes);
  if (state === undefined || state.version !== VERSION || state.policy !== method.name) return false;
  if (typeof state.sequence !== 'string' || !DIGITS.test(state.sequence)) return false;
  knowledge.resume(BigInt(state.sequence));
  // What was learned goes on fading while nobody runs: faults pass, and a node that was away must not come back with those of an hour ago.
  const at = numberOf(state.at, now);
  const learnedAt = at >= 0 && at < now ? at : now;
  for (const [id, row] of rowsOf(state.links, NEIGHBOURS_MAX)) {
    const saved = {
      baselineMs: numberOf(row.baselineMs),
      srttMs: numberOf(row.srttMs),
      deviationMs: numberOf(row.deviationMs),
      loss: numberOf(row.loss),
      samples: numberOf(row.samples),
    };
    knowledge.links.load(id, saved, learnedAt);
  }
  for (const [id, row] of rowsOf(state.trust, AUTHORS_MAX))
    knowledge.trust.load(id, { excessMs: numberOf(row.excessMs), samples: numberOf(row.samples) }, learnedAt);
  if (isJsonObject(state.learned)) method.load?.(state.learned, now);
  return true;
}

function parsed(bytes: Uint8Array): JsonObject | undefined {
  if (bytes.length > SNAPSHOT_BYTES_MAX) return undefined;
  try {
    const value = parseStrictJson(bytes, { bytesMax: SNAPSHOT_BYTES_MAX });
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
