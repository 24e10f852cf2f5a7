// The signed bundle of policies. Bundles of one name are numbered; each names who signs the next, so keys can be replaced while the line stays
// checkable, and each says below which number no node may go back. Reads and verifies; whether a node may take it: see line.ts.

import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { utf8 } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import {
  contentIdOf,
  type Envelope,
  envelopeFromJson,
  envelopeId,
  envelopeToJson,
  publicKeyOfDidKey,
  type Signer,
  signEnvelope,
  verifyEnvelope,
} from '../envelope/index.ts';
import { isZeroError, ZeroError } from '../errors/index.ts';
import { timeMs } from '../fields/index.ts';
import { canonicalJson, type JsonValue, parseStrictJson } from '../json/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import {
  POLICY_BUNDLE_BYTES_MAX,
  POLICY_CHAIN_MAX,
  POLICY_CLOCK_TOLERANCE_MS,
  POLICY_FILE_BYTES_MAX,
  POLICY_FILE_CHARS_MAX,
  POLICY_FILES_MAX,
  POLICY_KEYS_MAX,
  POLICY_MEMBERS_MAX,
  POLICY_STAGED_MS_MAX,
} from './limits.ts';

export const POLICY_BUNDLE_TYPE = 'application/vnd.zerostate.policy-bundle+json';
const FILE_KIND = 'zerostate-policy-bundles/v1';

const closed = { additionalProperties: false } as const;
const time = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' });
export const policySignersSchema = Type.Object(
  {
    keys: Type.Array(Type.String({ minLength: 56, maxLength: 56 }), {
      minItems: 1,
      maxItems: POLICY_KEYS_MAX,
      uniqueItems: true,
    }),
    threshold: Type.Integer({ minimum: 1, maximum: POLICY_KEYS_MAX }),
  },
  closed,
);
const fileSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' }),
    text: Type.String({ minLength: 1, maxLength: POLICY_FILE_CHARS_MAX }),
  },
  closed,
);
const bundleSchema = Type.Object(
  {
    type: Type.Literal('PolicyBundle'),
    version: Type.Literal(1),
    /** The line of bundles: an organisation's name for its policy. */
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' }),
    /** Counts the bundles of a line from 1. */
    sequence: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    /** No node that took this bundle goes back below this sequence, not even by hand. */
    floor: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    issuedAt: time,
    expiresAt: Type.Union([time, Type.Null()]),
    /** Takes effect then, and not before its members have acknowledged it; at once where it is absent. */
    startsAt: Type.Optional(time),
    /** Whose acknowledgements the next bundle with a start needs. */
    members: Type.Optional(
      Type.Object(
        {
          agents: Type.Array(Type.String({ pattern: '^zs:b[a-z2-7]{58}$' }), {
            minItems: 1,
            maxItems: POLICY_MEMBERS_MAX,
            uniqueItems: true,
          }),
          threshold: Type.Integer({ minimum: 1, maximum: POLICY_MEMBERS_MAX }),
        },
        closed,
      ),
    ),
    /** Version of the entities and contexts that the policies were written for. */
    schema: Type.Literal(1),
    note: Type.Union([Type.String({ minLength: 1, maxLength: 500 }), Type.Null()]),
    policies: Type.Array(fileSchema, { minItems: 1, maxItems: POLICY_FILES_MAX }),
    /** Who signs the next bundle. */
    signers: policySignersSchema,
  },
  closed,
);

export type PolicyBundle = Static<typeof bundleSchema>;
export type PolicySigners = Static<typeof policySignersSchema>;
/** One Cedar file of a bundle. */
export type PolicyFile = PolicyBundle['policies'][number];

/** A bundle whose signatures held under the keys it was checked against. */
export interface VerifiedBundle {
  readonly bundle: Verified<PolicyBundle>;
  /** Content id of the bundle. */
  readonly id: string;
  readonly envelope: Envelope;
}

function requireForm(value: unknown): asserts value is PolicyBundle {
  const fail = (what: string): never => {
    throw new ZeroError('POLICY_INVALID', `the policy bundle has a wrong form: ${what}`);
  };
  if (!Value.Check(bundleSchema, value)) {
    const [first] = Value.Errors(bundleSchema, value);
    return fail(`${first?.instancePath || '/'} ${first?.message}`);
  }
  if (value.signers.threshold > value.signers.keys.length)
    fail('signers: fewer keys than the threshold, so nobody could sign the next one');
  if (value.floor > value.sequence) fail('floor: above the sequence');
  if (new Set(value.policies.map(({ name }) => name)).size !== value.policies.length)
    fail('policies: two files of one name');
  timeMs(value.issuedAt);
  if (value.members !== undefined && value.members.threshold > value.members.agents.length)
    fail('members: fewer agents than the threshold, so no bundle with a start could ever begin');
  if (value.startsAt !== undefined) {
    const wait = timeMs(value.startsAt) - timeMs(value.issuedAt);
    if (wait < 0 || wait > POLICY_STAGED_MS_MAX) fail('startsAt: before issuedAt, or too long after it');
    if (value.expiresAt !== null && timeMs(value.expiresAt) <= timeMs(value.startsAt))
      fail('expiresAt: not after startsAt');
  }
  if (value.expiresAt !== null && timeMs(value.expiresAt) <= timeMs(value.issuedAt))
    fail('expiresAt: not after issuedAt');
}

function verifyBy(envelope: Envelope, { keys, threshold }: PolicySigners): void {
  verifyEnvelope(envelope, { keys: keys.map(publicKeyOfDidKey), threshold });
}

/** Signs a bundle. Give enough signers of the bundle before, and of its own. Errors: POLICY_INVALID, LIMIT_EXCEEDED. */
export function signPolicyBundle(bundle: PolicyBundle, signers: readonly Signer[]): Envelope {
  requireForm(bundle);
  const payload = canonicalJson(bundle as unknown as JsonValue);
  return signEnvelope(
    { payloadType: POLICY_BUNDLE_TYPE, payload, signers },
    { payloadBytesMax: POLICY_BUNDLE_BYTES_MAX },
  );
}

/**
 * Verifies a bundle by the keys that may sign it, and by its own: so nobody hands the line over to keys that do not exist.
 * Errors: SIGNATURE_INVALID, POLICY_INVALID, KEY_INVALID, DECODE_FAILED, LIMIT_EXCEEDED.
 */
export function verifyPolicyBundle(envelope: Envelope, signers: PolicySigners): VerifiedBundle {
  if (envelope.payloadType !== POLICY_BUNDLE_TYPE)
    throw new ZeroError('POLICY_INVALID', 'the envelope does not hold a policy bundle');
  if (envelope.payload.length > POLICY_BUNDLE_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a policy bundle has at most ${POLICY_BUNDLE_BYTES_MAX} bytes`);
  verifyBy(envelope, signers);
  const value: unknown = parseStrictJson(envelope.payload, { bytesMax: POLICY_BUNDLE_BYTES_MAX });
  requireForm(value);
  verifyBy(envelope, value.signers);
  return { bundle: markVerified(value), id: envelopeId(envelope), envelope };
}

/** True while a bundle is in force at a time; one from the future is not yet. */
export function isPolicyInForce(
  { issuedAt, expiresAt }: Pick<PolicyBundle, 'issuedAt' | 'expiresAt'>,
  nowMs: number,
): boolean {
  return (
    timeMs(issuedAt) - POLICY_CLOCK_TOLERANCE_MS <= nowMs && (expiresAt === null || nowMs < timeMs(expiresAt))
  );
}

/** Content id of bare policy files: names what decided where no bundle is signed. */
export function policyFilesId(files: readonly PolicyFile[]): string {
  return contentIdOf(sha256(canonicalJson(files as unknown as JsonValue)));
}

/** Bundles as a file, oldest first. */
export function policyBundlesToText(envelopes: readonly Envelope[]): string {
  return `${JSON.stringify({ kind: FILE_KIND, bundles: envelopes.map(envelopeToJson) }, null, 2)}\n`;
}

/** Reads such a file; nothing is verified yet. Errors: POLICY_INVALID, LIMIT_EXCEEDED. */
export function policyBundlesFromText(text: string): Envelope[] {
  if (utf8(text).length > POLICY_FILE_BYTES_MAX)
    throw new ZeroError(
      'LIMIT_EXCEEDED',
      `a file of policy bundles has at most ${POLICY_FILE_BYTES_MAX} bytes`,
    );
  try {
    const file = parseStrictJson(text, { bytesMax: POLICY_FILE_BYTES_MAX }) as {
      kind?: unknown;
      bundles?: unknown;
    } | null;
    if (file?.kind !== FILE_KIND || !Array.isArray(file.bundles) || file.bundles.length === 0)
      throw new ZeroError('POLICY_INVALID', 'not a file of policy bundles');
    if (file.bundles.length > POLICY_CHAIN_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `a file holds at most ${POLICY_CHAIN_MAX} policy bundles`);
    return file.bundles.map((one) => envelopeFromJson(one as JsonValue));
  } catch (cause) {
    if (!isZeroError(cause) || cause.code !== 'DECODE_FAILED') throw cause;
    throw new ZeroError('POLICY_INVALID', `not a file of policy bundles: ${cause.message}`, { cause });
  }
}
