// Names of the committed index: what a statement is found by, as hashes. Hashed, so that nobody can choose where in the map a key stands,
// and a proof does not name its neighbours.

import { concatBytes, utf8 } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import type { StatementFacts } from './statement-facts.ts';
import type { NodeId } from './types.ts';

const DOMAIN = 'zerostate.dev/index-key/v1\n';
/** Bytes of the tags of a posting: four of the type's hash, four of the issuer's. */
export const TAG_BYTES = 8;
const HALF = TAG_BYTES / 2;

/** Key of the statements about a thing. */
export function aboutKey(id: NodeId): Uint8Array {
  return sha256(utf8(`${DOMAIN}about ${id}`));
}

/** Key of the statements that say that a thing was used. */
export function useKey(id: NodeId): Uint8Array {
  return sha256(utf8(`${DOMAIN}use ${id}`));
}

/** Key of an issuer, or of a foreign signer. */
export function issuerKey(issuer: string): Uint8Array {
  return sha256(utf8(`${DOMAIN}issuer ${issuer}`));
}

/** Key of a predicate type. */
export function typeKey(predicateType: string): Uint8Array {
  return sha256(utf8(`${DOMAIN}type ${predicateType}`));
}

/** Every key of a statement, without repetition. */
export function keysOfFacts(facts: StatementFacts): Uint8Array[] {
  const { issuer, signers, about, uses, predicateType } = facts;
  return [
    ...about.map(aboutKey),
    ...uses.map(useKey),
    ...[...new Set([issuer, ...signers])].map(issuerKey),
    typeKey(predicateType),
  ];
}

/** First bytes of the hashes of type and issuer: who asks for some types or an issuer sees which postings cannot match. */
export function tagOf(predicateType: string, issuer: string): Uint8Array {
  return concatBytes(typeKey(predicateType).subarray(0, HALF), issuerKey(issuer).subarray(0, HALF));
}

/** May a posting with this tag be of one of these types, and of this issuer? A false yes has a chance of 2^-32, a false no none. */
export function tagMatches(
  tag: Uint8Array,
  filter: { readonly predicateTypes: readonly string[]; readonly issuer: string | null },
): boolean {
  const type = tag.subarray(0, HALF);
  const same = (key: Uint8Array, part: Uint8Array) => part.every((byte, i) => byte === key[i]);
  if (filter.issuer !== null && !same(issuerKey(filter.issuer), tag.subarray(HALF))) return false;
  return (
    filter.predicateTypes.length === 0 || filter.predicateTypes.some((each) => same(typeKey(each), type))
  );
}
