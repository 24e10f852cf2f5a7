// What a forwarded stream begins with on every hop: where it goes and under which conditions. Nothing in it speaks of content; what
// follows it is sealed by the two ends. The bytes come from strangers: every field is bounded and checked.

import { decode, encode } from '@ipld/dag-cbor';
import { ZeroError } from '../errors/index.ts';
import type { SlaClass } from '../routing/index.ts';
import {
  BUDGET_MS_MAX,
  CURRENCY_CHARS_MAX,
  FORWARD_TTL_MAX,
  FORWARD_VERSION,
  GUILD_CHARS_MAX,
  HEADER_BYTES_MAX,
  PRICE_DIGITS_MAX,
  REGION_CHARS_MAX,
  STREAM_ID_BYTES,
} from './limits.ts';

/** What a sender may ask: an answer while a person waits, an answer, or bytes moved. */
export const SLA_CLASSES_ROUTED = ['interactive', 'standard', 'bulk'] as const satisfies readonly SlaClass[];

/** The conditions of a stream, and where it goes. */
export interface ForwardHeader {
  /** Names the stream on every hop. */
  readonly stream: Uint8Array;
  /** Peer id of the other end. */
  readonly to: string;
  /** Hops that it may still take, the next one included. */
  readonly ttl: number;
  readonly slaClass: SlaClass;
  /** Region that the stream must not leave; empty: any. */
  readonly region: string;
  /** Guild whose traffic it is; empty: nobody's. */
  readonly guild: string;
  /** Most that a hop may ask for each MiB, in millionths of `currency`; null: whatever it asks. */
  readonly priceCeiling: bigint | null;
  readonly currency: string;
  /** W3C trace context; empty: none. */
  readonly trace: string;
  /** Milliseconds in which the next hop must have answered, its own attempts included. */
  readonly budgetMs: number;
  /** Relays that have had it, the first at the front. None of them gets it again. */
  readonly via: readonly string[];
}

const PEER = /^[1-9A-HJ-NP-Za-km-z]{46,64}$/;
const TRACE = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const REGION = new RegExp(`^[a-z0-9-]{0,${REGION_CHARS_MAX}}$`);
const GUILD = new RegExp(`^[A-Za-z0-9:._-]{0,${GUILD_CHARS_MAX}}$`);
const CURRENCY = new RegExp(`^[A-Za-z0-9._-]{0,${CURRENCY_CHARS_MAX}}$`);
const PRICE = new RegExp(`^(0|[1-9][0-9]{0,${PRICE_DIGITS_MAX - 1}})$`);

/** True for the text of a peer id. */
export function isPeerText(value: unknown): value is string {
  return typeof value === 'string' && PEER.test(value);
}

/** The bytes of a header. Throws LIMIT_EXCEEDED when they would be too many. */
export function encodeHeader(header: ForwardHeader): Uint8Array {
  const { priceCeiling, ...rest } = header;
  const bytes = encode({
    v: FORWARD_VERSION,
    ...rest,
    via: [...header.via],
    priceCeiling: priceCeiling === null ? null : String(priceCeiling),
  });
  if (bytes.length > HEADER_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `the header of a stream has ${bytes.length} bytes`);
  return bytes;
}

/** Reads a header. Throws DECODE_FAILED on anything but a well-formed one. */
export function decodeHeader(bytes: Uint8Array): ForwardHeader {
  if (bytes.length > HEADER_BYTES_MAX) throw bad('it is too long');
  const map = mapOf(bytes, 'the header of a stream');
  const { budgetMs, currency, guild, priceCeiling, region, slaClass, stream, to, trace, ttl, v, via } = map;
  if (v !== FORWARD_VERSION) throw bad('it is of another version');
  if (!(stream instanceof Uint8Array) || stream.length !== STREAM_ID_BYTES)
    throw bad('its name is malformed');
  if (!isPeerText(to)) throw bad('its destination is no peer id');
  if (typeof ttl !== 'number' || !Number.isInteger(ttl) || ttl < 1 || ttl > FORWARD_TTL_MAX)
    throw bad(`its ttl is not 1 to ${FORWARD_TTL_MAX}`);
  if (!SLA_CLASSES_ROUTED.some((name) => name === slaClass)) throw bad('its class is unknown');
  if (!matches(region, REGION)) throw bad('its region is malformed');
  if (!matches(guild, GUILD)) throw bad('its guild is malformed');
  if (!matches(currency, CURRENCY)) throw bad('its currency is malformed');
  if (priceCeiling !== null && !matches(priceCeiling, PRICE)) throw bad('its price ceiling is malformed');
  if (trace !== '' && !matches(trace, TRACE)) throw bad('its trace context is malformed');
  if (typeof budgetMs !== 'number' || !Number.isInteger(budgetMs) || budgetMs < 1 || budgetMs > BUDGET_MS_MAX)
    throw bad('its budget of time is malformed');
  if (!Array.isArray(via) || via.length > FORWARD_TTL_MAX || !via.every(isPeerText) || repeats(via))
    throw bad('its path is malformed');
  return {
    stream,
    to,
    ttl,
    slaClass: slaClass as SlaClass,
    region,
    guild,
    currency,
    priceCeiling: priceCeiling === null ? null : BigInt(priceCeiling),
    trace,
    budgetMs,
    via: via as string[],
  };
}

/** The map that bytes hold. Throws DECODE_FAILED. */
export function mapOf(bytes: Uint8Array, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = decode(bytes);
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', `${what} is malformed`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array))
    return value as Record<string, unknown>;
  throw new ZeroError('DECODE_FAILED', `${what} is not a map`);
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function repeats(list: readonly unknown[]): boolean {
  return new Set(list).size !== list.length;
}

function bad(why: string): ZeroError {
  return new ZeroError('DECODE_FAILED', `the header of a stream is malformed: ${why}`);
}
