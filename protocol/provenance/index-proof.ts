// Reads a completeness row under a verified head: the committed root and the lists of the keys asked.

import { concatBytes } from '../bytes/index.ts';
import { decodeEnvelope, envelopeId } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { type Checkpoint, decodeLogEntry, HASH_BYTES, leafHash, verifyInclusion } from '../log/index.ts';
import type { Verified } from '../verified.ts';
import { keysOfQuery } from './answer-walk.ts';
import type { Posting } from './index-map.ts';
import { type IndexRoot, verifyIndexRoot } from './index-root.ts';
import { verifyMapProof } from './map-proof.ts';
import type { CompletenessRow, NodeId, ProvenanceQuery } from './types.ts';

/** Keys that an answerer may prove beside those that follow from its rows: what withheld bodies lead to. */
const EXTRA_KEYS_MAX = 16_384;

/** Bytes of a completeness row's map: the number of extra keys (u16, big-endian), the keys, and the proof. */
export function joinMap(extra: readonly Uint8Array[], proof: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(extra.length >> 8, extra.length & 0xff), ...extra, proof);
}

function splitMap(map: Uint8Array): { extra: Uint8Array[]; proof: Uint8Array } {
  const count = map.length < 2 ? Number.POSITIVE_INFINITY : map[0]! * 256 + map[1]!;
  const end = 2 + count * HASH_BYTES;
  if (count > EXTRA_KEYS_MAX || end > map.length)
    throw new ZeroError('PROOF_INVALID', 'map proof: its keys are cut off or too many');
  const extra = Array.from({ length: count }, (_, i) =>
    map.slice(2 + i * HASH_BYTES, 2 + (i + 1) * HASH_BYTES),
  );
  return { extra, proof: map.subarray(end) };
}

/** What a completeness row proves. */
export interface IndexProof {
  readonly root: Verified<IndexRoot>;
  readonly keys: readonly Uint8Array[];
  readonly lists: ReadonlyMap<string, readonly Posting[]>;
}

/**
 * Verifies a completeness row for the things that a query has met, under the head of its log. Throws PROOF_INVALID, ANSWER_INVALID,
 * SIGNATURE_INVALID, DECODE_FAILED or LIMIT_EXCEEDED.
 */
export function readIndexProof(
  query: ProvenanceQuery,
  met: { readonly things: readonly NodeId[]; readonly selves: readonly NodeId[] },
  row: CompletenessRow,
  head: Verified<Pick<Checkpoint, 'size' | 'root'>>,
): IndexProof {
  const { index, record, body, proof } = row.root;
  const envelope = decodeEnvelope(body);
  if (envelopeId(envelope) !== decodeLogEntry(record).statementId)
    throw new ZeroError('ANSWER_INVALID', 'an index root is not the entry shown');
  verifyInclusion({ leafHash: leafHash(record), index, size: head.size, proof, root: head.root });
  const root = verifyIndexRoot(envelope, row.origin);
  if (root.size > index) throw new ZeroError('ANSWER_INVALID', 'an index root covers entries after itself');
  const { extra, proof: walk } = splitMap(row.map);
  const keys = [...keysOfQuery(query, met.things, met.selves), ...extra];
  return { root, keys, lists: verifyMapProof(root.root, keys, walk) };
}

/** The parts of a completeness row that prove what its index lists. */
export type Listing = Pick<CompletenessRow, 'root' | 'map'>;

/**
 * The same proof for who has not the rows that its keys followed from: every key is beside it. Undefined when there are too many keys.
 */
export function fullListing(row: CompletenessRow, keys: readonly Uint8Array[]): Listing | undefined {
  const distinct = [...new Map(keys.map((key) => [key.toHex(), key])).values()];
  if (distinct.length > EXTRA_KEYS_MAX) return undefined;
  return { root: row.root, map: joinMap(distinct, splitMap(row.map).proof) };
}
