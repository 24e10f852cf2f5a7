// The second step: check a tail before anything of it is stored. Each leaf hash is computed here from the record, the tree grows on
// a copy, and its root must be the signed one, or lead to it by a consistency proof.

import { equalBytes } from '../bytes/index.ts';
import { decodeEnvelope, type Envelope, envelopeId } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import {
  type Checkpoint,
  type CompactTree,
  decodeLogEntry,
  encodeLogEntry,
  type LogEntry,
  leafHash,
  type TreeNode,
  verifyConsistency,
  verifyNodeCheckpoint,
} from '../log/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { CREDIT_BYTES_DEFAULT, TAIL_BYTES_MAX, TAIL_ENTRIES_MAX } from './limits.ts';
import type { TailRequest, TailResponse, WireEntry } from './messages.ts';

/** One entry of a verified tail. The record names this envelope; its signatures are still to be checked. */
export interface SyncedEntry {
  readonly index: number;
  readonly record: Uint8Array;
  readonly entry: LogEntry;
  readonly leafHash: Uint8Array;
  /** Envelope bytes as received, or null when the partner withholds them. */
  readonly body: Uint8Array | null;
  readonly envelope: Envelope | null;
}

/** A checked continuation of a log: safe to store as one batch. */
export interface Tail {
  readonly origin: string;
  /** Entries [from, to). */
  readonly from: number;
  readonly to: number;
  readonly entries: readonly SyncedEntry[];
  /** Tree nodes to store. */
  readonly nodes: readonly TreeNode[];
  /** The tree of `to` entries. */
  readonly tree: CompactTree;
  /** The log's signed head, of size `to` or more. */
  readonly checkpoint: Verified<Checkpoint>;
  /** True when `to` is the checkpoint's size: only then may the checkpoint become the known head. */
  readonly complete: boolean;
  /** Bytes that the next entry needs when none fitted; grant them, or give up. */
  readonly needs: number;
}

/** A request for what follows the first `from` entries. */
export function tailRequest(
  fetch: { origin: string; from: number; to: number },
  credit: number = CREDIT_BYTES_DEFAULT,
): TailRequest {
  return { kind: 'tail-request', origin: fetch.origin, from: fetch.from, to: fetch.to, credit };
}

/**
 * Checks an answer against the request and the tree at hand. Nothing is changed; the result holds all that is to be stored.
 * Throws SIGNATURE_INVALID, PROOF_INVALID (the entries are not those of the signed tree), SYNC_REFUSED (not what was asked),
 * DECODE_FAILED or LIMIT_EXCEEDED.
 */
export function verifyTail(input: {
  request: TailRequest;
  response: TailResponse;
  tree: CompactTree;
}): Verified<Tail> {
  const { request, response } = input;
  const checkpoint = verifyNodeCheckpoint(response.checkpoint, request.origin);
  checkFit(request, response, input.tree.size, checkpoint.size);
  const tree = input.tree.clone();
  const nodes: TreeNode[] = [];
  const entries = response.entries.map((received, i): SyncedEntry => {
    const { record, entry, envelope } = readEntry(received);
    const hash = leafHash(record);
    nodes.push(...tree.append(hash));
    return { index: request.from + i, record, entry, leafHash: hash, body: received.body, envelope };
  });
  checkRoot(tree, checkpoint, response.proof);
  return markVerified({
    origin: request.origin,
    from: request.from,
    to: tree.size,
    entries,
    nodes,
    tree,
    checkpoint,
    complete: tree.size === checkpoint.size,
    needs: response.needs,
  });
}

function checkFit(request: TailRequest, response: TailResponse, held: number, size: number): void {
  const count = response.entries.length;
  if (held !== request.from)
    throw new ZeroError('SYNC_REFUSED', 'the tree at hand is not where the request starts');
  if (size < request.from) throw new ZeroError('SYNC_REFUSED', 'the partner is behind');
  if (count > TAIL_ENTRIES_MAX || request.from + count > Math.min(size, request.to))
    throw new ZeroError('SYNC_REFUSED', 'the answer has more entries than asked for');
  if (
    count === 0 &&
    request.from < Math.min(size, request.to) &&
    (response.needs <= request.credit || response.needs > TAIL_BYTES_MAX)
  ) {
    throw new ZeroError(
      'SYNC_REFUSED',
      'the answer brings nothing, though the credit suffices or nothing would need more',
    );
  }
}

function checkRoot(tree: CompactTree, checkpoint: Checkpoint, proof: readonly Uint8Array[]): void {
  const root = tree.root();
  verifyConsistency({ from: tree.size, to: checkpoint.size, proof, fromRoot: root, toRoot: checkpoint.root });
}

/** The record, as sent or as the body and its salt make it. */
function readEntry(received: WireEntry): Pick<SyncedEntry, 'record' | 'entry' | 'envelope'> {
  if (received.body === null)
    return { record: received.record, entry: decodeLogEntry(received.record), envelope: null };
  const envelope = decodeEnvelope(received.body);
  const entry = { statementId: envelopeId(envelope), salt: received.salt };
  return { record: encodeLogEntry(entry), entry, envelope };
}

/** True when the checkpoint is of exactly this tree. */
export function isHeadOf(tree: CompactTree, checkpoint: Checkpoint): boolean {
  return tree.size === checkpoint.size && equalBytes(tree.root(), checkpoint.root);
}
