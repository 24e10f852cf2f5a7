// The signed list of a network's boot nodes. Who signs the next list is written in this one, so that keys can be replaced while lists
// stay checkable from the first one on: list n+1 is signed by a threshold of the keys of list n, and by a threshold of its own.
// Pure: bytes and times come in as arguments.

import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { utf8 } from '../protocol/bytes/index.ts';
import {
  type Envelope,
  envelopeFromJson,
  envelopeToJson,
  publicKeyOfDidKey,
  type Signer,
  signEnvelope,
  verifyEnvelope,
} from '../protocol/envelope/index.ts';
import { ZeroError } from '../protocol/errors/index.ts';
import { type JsonValue, parseStrictJson } from '../protocol/json/index.ts';

export const BOOT_LIST_TYPE = 'application/vnd.zerostate.boot-list+json';
/** Boot nodes of one list; a node tries some of them, and any live one is enough. */
export const BOOT_NODES_MAX = 64;
/** Keys that may sign the next list. */
export const BOOT_KEYS_MAX = 16;
/** Lists of one chain, from the one that a profile carries to the newest: a rotation every month for twenty years. */
export const BOOT_CHAIN_MAX = 256;
/** Bytes of a file of lists: BOOT_CHAIN_MAX lists of some 16 kB. */
export const BOOT_FILE_BYTES_MAX = 4_194_304;

const closed = { additionalProperties: false } as const;
const time = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' });
export const networkSchema = Type.String({ minLength: 1, maxLength: 32, pattern: '^[a-z0-9-]+$' });
export const signersSchema = Type.Object(
  {
    keys: Type.Array(Type.String({ minLength: 56, maxLength: 56 }), {
      minItems: 1,
      maxItems: BOOT_KEYS_MAX,
      uniqueItems: true,
    }),
    threshold: Type.Integer({ minimum: 1, maximum: BOOT_KEYS_MAX }),
  },
  closed,
);
const bootListSchema = Type.Object(
  {
    type: Type.Literal('BootList'),
    network: networkSchema,
    /** Counts the lists of a network from 1. */
    sequence: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    issuedAt: time,
    expiresAt: time,
    /** Multiaddrs that end in /p2p/<peer id>: who answers there must prove that id. */
    nodes: Type.Array(Type.String({ maxLength: 256, pattern: '/p2p/[1-9A-HJ-NP-Za-km-z]{46,52}$' }), {
      maxItems: BOOT_NODES_MAX,
      uniqueItems: true,
    }),
    /** Who signs the next list. */
    signers: signersSchema,
  },
  closed,
);

export type BootList = Static<typeof bootListSchema>;
/** Keys of which a threshold must sign. */
export type BootSigners = Static<typeof signersSchema>;

/** What a node trusts before it reads any list: part of a network's profile. */
export interface BootTrust {
  readonly network: string;
  readonly signers: BootSigners;
  /** Lists older than this are refused: a node remembers the newest one that it has seen. */
  readonly sequence: number;
}

/** Signs a list. Give the signers of the list before and its own. Throws DECODE_FAILED for a list of wrong form. */
export function signBootList(list: BootList, signers: readonly Signer[]): Envelope {
  requireForm(list);
  return signEnvelope({ payloadType: BOOT_LIST_TYPE, payload: utf8(JSON.stringify(list)), signers });
}

/**
 * Checks a list against what is trusted now; answers it. Throws DECODE_FAILED, SIGNATURE_INVALID (too few of the trusted keys, or of its
 * own), or CARD_STALE for a list that is older than one already seen.
 */
export function verifyBootList(envelope: Envelope, trust: BootTrust): BootList {
  if (envelope.payloadType !== BOOT_LIST_TYPE) throw new ZeroError('DECODE_FAILED', 'not a boot list');
  verifyBy(envelope, trust.signers);
  const list: unknown = parseStrictJson(envelope.payload);
  requireForm(list);
  // So that nobody hands the network over to keys that do not exist.
  verifyBy(envelope, list.signers);
  if (list.network !== trust.network)
    throw new ZeroError('SIGNATURE_INVALID', `the list is of the network ${list.network}`);
  if (list.sequence < trust.sequence)
    throw new ZeroError('CARD_STALE', `list ${list.sequence} is older than the one known, ${trust.sequence}`);
  return list;
}

/**
 * Follows a chain of lists, oldest first, from what is trusted to its end. Lists from before the trusted one are passed over. Answers the
 * newest list and the trust to keep. Throws what verifyBootList throws, LIMIT_EXCEEDED, or DECODE_FAILED when nothing newer is in it.
 */
export function followBootLists(
  envelopes: readonly Envelope[],
  trust: BootTrust,
): { list: BootList; trust: BootTrust } {
  if (envelopes.length > BOOT_CHAIN_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a chain has at most ${BOOT_CHAIN_MAX} boot lists`);
  let now = trust;
  let newest: BootList | undefined;
  for (const envelope of envelopes) {
    const claim = parseStrictJson(envelope.payload) as { sequence?: unknown };
    if (typeof claim.sequence === 'number' && claim.sequence < now.sequence) continue;
    newest = verifyBootList(envelope, now);
    now = { network: trust.network, signers: newest.signers, sequence: newest.sequence };
  }
  if (newest === undefined) throw new ZeroError('DECODE_FAILED', 'no boot list is as new as the one known');
  return { list: newest, trust: now };
}

/** True while a list is in force; an expired one may be old news that somebody plays back. */
export function isBootListInForce(list: BootList, nowMs: number): boolean {
  return Date.parse(list.issuedAt) - CLOCK_TOLERANCE_MS <= nowMs && nowMs < Date.parse(list.expiresAt);
}

/** Clocks may differ by this much. */
const CLOCK_TOLERANCE_MS = 600_000;

/** A chain as a file: JSON with the signed lists, oldest first. */
export function bootListsToJson(envelopes: readonly Envelope[]): object {
  return { kind: 'zerostate-boot-lists/v1', lists: envelopes.map(envelopeToJson) };
}

/** Reads a chain from a file's text; nothing is verified yet. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function bootListsFromJson(text: string): Envelope[] {
  const file = parseStrictJson(text, { bytesMax: BOOT_FILE_BYTES_MAX }) as {
    kind?: unknown;
    lists?: unknown;
  };
  if (file === null || file.kind !== 'zerostate-boot-lists/v1' || !Array.isArray(file.lists))
    throw new ZeroError('DECODE_FAILED', 'not a file of boot lists');
  if (file.lists.length > BOOT_CHAIN_MAX) throw new ZeroError('LIMIT_EXCEEDED', 'too many boot lists');
  return file.lists.map((one) => envelopeFromJson(one as JsonValue));
}

function verifyBy(envelope: Envelope, { keys, threshold }: BootSigners): void {
  verifyEnvelope(envelope, { keys: keys.map(publicKeyOfDidKey), threshold });
}

function requireForm(list: unknown): asserts list is BootList {
  if (Value.Check(bootListSchema, list) && list.signers.threshold <= list.signers.keys.length) return;
  const [first] = Value.Errors(bootListSchema, list);
  const what =
    first === undefined
      ? 'signers: fewer keys than the threshold'
      : `${first.instancePath || '/'} ${first.message}`;
  throw new ZeroError('DECODE_FAILED', `the boot list has a wrong form: ${what}`);
}
