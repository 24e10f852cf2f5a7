// Evidence against a partner as a file (JSON). Whether it is evidence, evidence.ts decides.

import { fromBase64, toBase64, utf8 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseStrictJson } from '../json/index.ts';
import { INCLUSION_ELEMENTS_MAX, requireHash, requireSize } from '../log/index.ts';
import type { ProvenEntry } from '../provenance/index.ts';
import type { PartnerEvidence } from './evidence.ts';
import { PARTNER_EVIDENCE_BYTES_MAX, VIA_MAX } from './limits.ts';

export const PARTNER_EVIDENCE_KIND = 'zerostate-partner-evidence/v1';

function entryJson({ index, record, body, proof }: ProvenEntry) {
  return { index, record: toBase64(record), body: toBase64(body), proof: proof.map(toBase64) };
}

function omittedJson(omitted: PartnerEvidence['omitted']) {
  if (omitted === null) return null;
  const via = omitted.via.map(entryJson);
  if (!('listing' in omitted)) return { ...entryJson(omitted), via };
  const { root, map } = omitted.listing;
  return { index: omitted.index, via, listing: { root: entryJson(root), map: toBase64(map) } };
}

/** Bytes of an evidence file. Throws LIMIT_EXCEEDED for one that nobody would read. */
export function encodePartnerEvidence({ request, answer, omitted }: PartnerEvidence): Uint8Array {
  const bytes = utf8(
    JSON.stringify({
      kind: PARTNER_EVIDENCE_KIND,
      request: toBase64(request),
      answer: toBase64(answer),
      omitted: omittedJson(omitted),
    }),
  );
  if (bytes.length > PARTNER_EVIDENCE_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `evidence is longer than ${PARTNER_EVIDENCE_BYTES_MAX} bytes`);
  return bytes;
}

function bytesOf(value: JsonValue | undefined, what: string): Uint8Array {
  if (typeof value !== 'string') throw new ZeroError('DECODE_FAILED', `evidence: ${what} is missing`);
  return fromBase64(value);
}

function indexOf({ index }: JsonObject): number {
  if (typeof index !== 'number') throw new ZeroError('DECODE_FAILED', 'evidence: an entry has no position');
  return requireSize(index, 'position');
}

function readEntry(value: JsonValue | undefined): ProvenEntry {
  if (!isJsonObject(value) || !Array.isArray(value.proof))
    throw new ZeroError('DECODE_FAILED', 'evidence: an entry lacks a part');
  if (value.proof.length > INCLUSION_ELEMENTS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', 'evidence: a proof has too many elements');
  return {
    index: indexOf(value),
    record: bytesOf(value.record, 'record'),
    body: bytesOf(value.body, 'body'),
    proof: value.proof.map((hash) => requireHash(bytesOf(hash, 'proof element'), 'proof element')),
  };
}

// Files of before there were ways have none.
function readVia({ via = [] }: JsonObject): ProvenEntry[] {
  if (!Array.isArray(via)) throw new ZeroError('DECODE_FAILED', 'evidence: the way is no list');
  if (via.length > VIA_MAX) throw new ZeroError('LIMIT_EXCEEDED', 'evidence: the way is too long');
  return via.map(readEntry);
}

function readOmitted(value: JsonValue | undefined): PartnerEvidence['omitted'] {
  if (value === null) return null;
  if (!isJsonObject(value)) throw new ZeroError('DECODE_FAILED', 'evidence: the omitted entry is missing');
  const via = readVia(value);
  const { listing } = value;
  if (listing === undefined) return { ...readEntry(value), via };
  if (!isJsonObject(listing)) throw new ZeroError('DECODE_FAILED', 'evidence: the listing is no object');
  return {
    index: indexOf(value),
    via,
    listing: { root: readEntry(listing.root), map: bytesOf(listing.map, 'map') },
  };
}

/** Parses an evidence file; verifyPartnerEvidence decides whether it is evidence. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodePartnerEvidence(input: string | Uint8Array): PartnerEvidence {
  const value = parseStrictJson(input, { bytesMax: PARTNER_EVIDENCE_BYTES_MAX, depthMax: 6 });
  if (!isJsonObject(value) || value.kind !== PARTNER_EVIDENCE_KIND)
    throw new ZeroError('DECODE_FAILED', 'not evidence against a partner');
  return {
    request: bytesOf(value.request, 'request'),
    answer: bytesOf(value.answer, 'answer'),
    omitted: readOmitted(value.omitted),
  };
}
