// Reads A2A cards of others. Everything is 'unverified' until a signature proves more, and the result says how much.

import { utf8 } from '../bytes/index.ts';
import { type VerifiedCard, verifyCard } from '../card/index.ts';
import { isZeroError, ZeroError } from '../errors/index.ts';
import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from '../json/index.ts';
import { a2aBody } from './export.ts';
import { type JwsSigner, verifyJws } from './jws.ts';
import { A2A_BYTES_MAX, A2A_DEPTH_MAX, A2A_SIGNATURES_MAX } from './limits.ts';
import { A2A_EXTENSION_URI, type TrustedJwk } from './types.ts';

/**
 * What is proven about an A2A card.
 * proven: it carries an agent card of ours that verifies, says the same, and whose operational key signed it.
 * signed: a named key signed it; who holds that key is another question.
 * unverified: nothing is.
 */
export type A2aProof =
  | { readonly status: 'proven'; readonly card: VerifiedCard; readonly signers: readonly JwsSigner[] }
  | { readonly status: 'signed'; readonly signers: readonly JwsSigner[] }
  | { readonly status: 'unverified'; readonly reasons: readonly string[] };

/** An imported A2A card: the members that the signatures cover, and what they prove. */
export interface ImportedA2aCard {
  readonly value: JsonObject;
  readonly proof: A2aProof;
}

// A2A omits protobuf defaults before it signs: a card with explicit empty members was signed without them.
function withoutEmpty(value: JsonValue): JsonValue | undefined {
  if (value === '' || value === null) return undefined;
  if (Array.isArray(value)) {
    const kept = value.map(withoutEmpty).filter((item) => item !== undefined);
    return kept.length === 0 ? undefined : kept;
  }
  if (!isJsonObject(value)) return value;
  const kept: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    const cleaned = withoutEmpty(member);
    if (cleaned !== undefined) kept[name] = cleaned;
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}

function reasonOf(error: unknown): string {
  if (!isZeroError(error)) throw error;
  return `${error.code}: ${error.message}`;
}

interface Signed {
  readonly value: JsonObject;
  readonly signers: JwsSigner[];
}

// The first form of the card under which any signature verifies, with all signatures that do.
function findSigners(
  forms: readonly JsonObject[],
  signatures: readonly JsonValue[],
  trusted: readonly TrustedJwk[],
  reasons: string[],
): Signed | null {
  for (const value of forms) {
    const payload = canonicalJson(value);
    const signers: JwsSigner[] = [];
    for (const entry of signatures) {
      try {
        signers.push(verifyJws(entry, payload, trusted));
      } catch (error) {
        reasons.push(reasonOf(error));
      }
    }
    if (signers.length > 0) return { value, signers };
  }
  return null;
}

function extensionOf(value: JsonObject): JsonObject | null {
  const extensions = isJsonObject(value.capabilities) ? value.capabilities.extensions : undefined;
  if (!Array.isArray(extensions)) return null;
  const found = extensions.filter(
    (item) => isJsonObject(item) && item.uri === A2A_EXTENSION_URI,
  ) as JsonObject[];
  return found.length === 1 && isJsonObject(found[0]?.params) ? found[0].params : null;
}

// The embedded card must be signed by the same key and say the same, member for member.
function proveCard(signed: Signed, params: JsonObject): VerifiedCard {
  if (typeof params.card !== 'string') throw new ZeroError('CARD_INVALID', 'the extension carries no card');
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.fromBase64(params.card, { lastChunkHandling: 'strict' });
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', 'the card in the extension is not base64', { cause });
  }
  const card = verifyCard(bytes);
  if (!signed.signers.some(({ alg, kid }) => alg === 'EdDSA' && kid === card.card.operationalKey))
    throw new ZeroError('CARD_INVALID', 'the A2A card is not signed by the key of the card it carries');
  const expected = a2aBody(card);
  for (const name of ['name', 'description', 'version', 'skills'] as const) {
    if (!sameJson(signed.value[name], expected[name] as JsonValue))
      throw new ZeroError('CARD_INVALID', `the A2A card and the card it carries differ in ${name}`);
  }
  if (!sameJson(params, expected.capabilities.extensions[0]?.params as JsonValue))
    throw new ZeroError('CARD_INVALID', 'the A2A extension and the card it carries differ');
  return card;
}

function sameJson(a: JsonValue | undefined, b: JsonValue): boolean {
  return (
    a !== undefined &&
    new TextDecoder().decode(canonicalJson(a)) === new TextDecoder().decode(canonicalJson(b))
  );
}

/**
 * Reads an A2A card from its raw JSON (never from an SDK's object: that may have lost members) and says what is proven.
 * A signature that fails only lowers the proof. Time is not judged: see checkCardTime for a proven card.
 * Errors: DECODE_FAILED, LIMIT_EXCEEDED when it is no A2A card at all.
 */
export function importA2aCard(
  raw: Uint8Array | string,
  options: { trusted?: readonly TrustedJwk[] } = {},
): ImportedA2aCard {
  const bytes = typeof raw === 'string' ? utf8(raw) : raw;
  const parsed = parseStrictJson(bytes, { bytesMax: A2A_BYTES_MAX, depthMax: A2A_DEPTH_MAX });
  if (!isJsonObject(parsed) || typeof parsed.name !== 'string' || typeof parsed.description !== 'string')
    throw new ZeroError('DECODE_FAILED', 'not an A2A card: name or description is missing');
  const { signatures, ...value } = parsed;
  const list = Array.isArray(signatures) ? signatures : [];
  if (list.length > A2A_SIGNATURES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `an A2A card has more than ${A2A_SIGNATURES_MAX} signatures`);
  const reasons: string[] = list.length === 0 ? ['the card is not signed'] : [];
  const signed = findSigners(
    [value, withoutEmpty(value) as JsonObject],
    list,
    options.trusted ?? [],
    reasons,
  );
  if (signed === null) return { value, proof: { status: 'unverified', reasons: [...new Set(reasons)] } };
  const params = extensionOf(signed.value);
  if (params === null) return { value: signed.value, proof: { status: 'signed', signers: signed.signers } };
  try {
    return {
      value: signed.value,
      proof: { status: 'proven', card: proveCard(signed, params), signers: signed.signers },
    };
  } catch (error) {
    // It claims to be one of our agents and is not: that is worse than saying nothing.
    return { value: signed.value, proof: { status: 'unverified', reasons: [reasonOf(error)] } };
  }
}
