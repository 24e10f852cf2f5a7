// The replay capsule: an incident in one file, that another machine replays bit for bit. It holds what was decided or run, the policies, and
// what was known, as signed originals. Canonical JSON inside, so the same incident has the same digest. Reads and writes; verify.ts judges.

import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { equalBytes, toHex } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';
import { canonicalJson, type JsonValue, parseStrictJson } from '../json/index.ts';
import { isPacked, type PackedForm, pack, unpack } from '../packed/index.ts';
import {
  CAPSULE_BYTES_MAX,
  CAPSULE_DECISIONS_MAX,
  CAPSULE_DEPTH_MAX,
  CAPSULE_ORIGINALS_MAX,
  CAPSULE_PARTS_MAX,
  CAPSULE_POLICIES_MAX,
  CAPSULE_RECEIPTS_MAX,
  CAPSULE_TEXT_CHARS_MAX,
  CAPSULE_VALUES_MAX,
} from './limits.ts';
import { rankingSchema } from './ranking.ts';

/** First bytes of a capsule file, version 1. */
export const CAPSULE_START = 'zerostate-capsule/v1\n';
const FORM: PackedForm = { name: 'capsule', start: CAPSULE_START, bytesMax: CAPSULE_BYTES_MAX };

const closed = { additionalProperties: false } as const;
const text = Type.String({ maxLength: CAPSULE_TEXT_CHARS_MAX });
const digest = Type.String({ pattern: '^sha256:[0-9a-f]{64}$' });
const json = Type.Unknown();
const base64 = Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$' });
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const capsuleSchema = Type.Object(
  {
    kind: Type.Literal('zerostate-capsule/v1'),
    incident: Type.Enum(['decision', 'task', 'simulation']),
    /** Of the decision or the task; of a simulation the hash of its trace. */
    id: text,
    /** What made the incident: the program, its runtime, its engines. */
    versions: Type.Record(Type.String({ maxLength: 64 }), text),
    /** Peer id of the node that it happened at. */
    node: orNull(text),
    /** The signed head of that node's log when the capsule was made. */
    checkpoint: orNull(Type.String({ maxLength: 65_536 })),
    /** What was taken out, as paths: secrets, and inputs that were not to be passed on. */
    redacted: Type.Array(text, { maxItems: 1_024 }),
    /** Ids that decisions cite and the node does not hold (any more). */
    absent: Type.Array(text, { maxItems: CAPSULE_ORIGINALS_MAX }),
    decisions: Type.Array(Type.Object({ id: text, record: json }, closed), {
      maxItems: CAPSULE_DECISIONS_MAX,
    }),
    /** Signed where a bundle decided; bare files where the built-in policies did. */
    policies: Type.Array(
      Type.Object(
        { id: text, name: text, sequence: Type.Integer({ minimum: 0 }), envelope: json, files: json },
        closed,
      ),
      { maxItems: CAPSULE_POLICIES_MAX },
    ),
    /** Cards, revocations, reputation events and other statements (DSSE), by content id. */
    originals: Type.Array(Type.Object({ id: text, envelope: json }, closed), {
      maxItems: CAPSULE_ORIGINALS_MAX,
    }),
    /** Receipt files without their inputs. */
    receipts: Type.Array(json, { maxItems: CAPSULE_RECEIPTS_MAX }),
    /** What the task was given: parts by digest. */
    inputs: orNull(
      Type.Object(
        {
          manifest: base64,
          module: digest,
          stdin: digest,
          files: Type.Record(Type.String({ maxLength: 1_024 }), digest),
        },
        closed,
      ),
    ),
    /** Bytes by digest. One that is not here was not to be passed on. */
    parts: Type.Record(digest, base64),
    /** How members were ranked for a task; null where nobody was, or a node of before kept nothing of it. */
    ranking: orNull(rankingSchema),
    /** The node's signature over the digest of the rest (DSSE); absent where no node exported it, or one of before. */
    signed: Type.Optional(json),
    simulation: orNull(
      Type.Object(
        {
          scenario: json,
          seed: Type.Integer({ minimum: 0 }),
          /** Virtual seconds that were run. */
          until: Type.Number({ minimum: 0 }),
          traceHash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
          /** Properties that were checked, and whether they held. */
          checks: Type.Array(Type.Object({ name: text, ok: Type.Boolean() }, closed), { maxItems: 256 }),
        },
        closed,
      ),
    ),
  },
  closed,
);

/** A capsule as it is read: of the right form, and believed in nothing. */
export type Capsule = Static<typeof capsuleSchema>;

/** A capsule with nothing in it, to be filled. */
export function emptyCapsule(incident: Capsule['incident'], id: string): Capsule {
  return {
    kind: 'zerostate-capsule/v1',
    incident,
    id,
    versions: {},
    node: null,
    checkpoint: null,
    redacted: [],
    absent: [],
    decisions: [],
    policies: [],
    originals: [],
    receipts: [],
    inputs: null,
    parts: {},
    ranking: null,
    simulation: null,
  };
}

function requireForm(value: unknown): asserts value is Capsule {
  if (!Value.Check(capsuleSchema, value)) {
    const [first] = Value.Errors(capsuleSchema, value);
    throw new ZeroError('DECODE_FAILED', `capsule: ${first?.instancePath || '/'} ${first?.message}`);
  }
  if (Object.keys(value.parts).length > CAPSULE_PARTS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a capsule has at most ${CAPSULE_PARTS_MAX} parts`);
}

/** Digest of a capsule: of all of it but the signature, which is over this. */
export function digestOfCapsule({ signed: _, ...rest }: Capsule): string {
  return `sha256:${toHex(sha256(canonicalJson(rest as unknown as JsonValue)))}`;
}

/** The file of a capsule, and its digest, which is the same however it is packed and whether it is signed. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function encodeCapsule(capsule: Capsule): { bytes: Uint8Array; digest: string } {
  requireForm(capsule);
  return {
    bytes: pack(FORM, canonicalJson(capsule as unknown as JsonValue)),
    digest: digestOfCapsule(capsule),
  };
}

/** True for bytes that begin as a capsule does. */
export function isCapsule(bytes: Uint8Array): boolean {
  return isPacked(FORM, bytes);
}

/** Reads a capsule; nothing in it is verified. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeCapsule(bytes: Uint8Array): { capsule: Capsule; digest: string } {
  const plain = unpack(FORM, bytes);
  const value = parseStrictJson(plain, {
    bytesMax: CAPSULE_BYTES_MAX,
    depthMax: CAPSULE_DEPTH_MAX,
    valuesMax: CAPSULE_VALUES_MAX,
  });
  requireForm(value);
  if (!equalBytes(canonicalJson(value as unknown as JsonValue), plain))
    throw new ZeroError('DECODE_FAILED', 'capsule: it is not in canonical form');
  return { capsule: value, digest: digestOfCapsule(value) };
}
