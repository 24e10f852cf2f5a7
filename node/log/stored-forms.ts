// How heads and bodies of logs lie on the disk, and what of it is sound. No I/O here.

import { crc32 } from 'node:zlib';
import { concatBytes, equalBytes, fromBase64, fromUtf8, toBase64, utf8 } from '../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { CompactTree, decodeLogEntry, verifyNodeCheckpoint } from '../../protocol/log/index.ts';
import { orderedKey } from '../storage/index.ts';

const CHECKSUM_BYTES = 4;

/** What is held of one log. While a tail arrives in parts, the tree is ahead of the newest complete checkpoint. */
export interface LogState {
  readonly origin: string;
  /** Entries at hand. */
  readonly size: number;
  readonly root: Uint8Array;
  readonly tree: CompactTree;
  /** Newest signed note whose entries are all at hand; empty until there is one. */
  readonly checkpoint: string;
  /** When this state was stored, in milliseconds. */
  readonly at: number;
  /** Bytes of records and bodies, as the quotas count them. */
  readonly bytes: number;
}

interface StoredHead {
  tree: string;
  checkpoint: string;
  at: number;
  bytes: number;
}

/** Bytes of a head. */
export function writeHead(head: {
  tree: CompactTree;
  checkpoint: string;
  at: number;
  bytes: number;
}): Uint8Array {
  const stored: StoredHead = { ...head, tree: toBase64(head.tree.serialise()) };
  return utf8(JSON.stringify(stored));
}

/** The state that a stored head tells, or undefined when it is damaged or does not match its checkpoint. */
export function readHead(origin: string, bytes: Uint8Array): LogState | undefined {
  try {
    const head = JSON.parse(fromUtf8(bytes)) as StoredHead;
    const tree = CompactTree.restore(fromBase64(head.tree));
    const checkpoint = head.checkpoint === '' ? undefined : verifyNodeCheckpoint(head.checkpoint, origin);
    const ahead = checkpoint !== undefined && checkpoint.size > tree.size;
    const differs = checkpoint?.size === tree.size && !equalBytes(checkpoint.root, tree.root());
    if (ahead || differs) return undefined;
    return { ...head, origin, size: tree.size, root: tree.root(), tree };
  } catch (error) {
    if (isZeroError(error) || error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The statement that a record names, or undefined when it is damaged. */
export function readId(record: Uint8Array): string | undefined {
  try {
    return decodeLogEntry(record).statementId;
  } catch {
    return undefined;
  }
}

// An id covers what was signed and not the signatures, so a body needs a checksum of its own against damage on the disk.
export function withChecksum(body: Uint8Array): Uint8Array {
  const sum = new Uint8Array(CHECKSUM_BYTES);
  new DataView(sum.buffer).setUint32(0, crc32(body));
  return concatBytes(sum, body);
}

/** The body in stored bytes, or undefined when it is damaged. */
export function withoutChecksum(stored: Uint8Array): Uint8Array | undefined {
  if (stored.length < CHECKSUM_BYTES) return undefined;
  const body = stored.subarray(CHECKSUM_BYTES);
  const sum = new DataView(stored.buffer, stored.byteOffset).getUint32(0);
  return crc32(body) === sum ? body : undefined;
}

/** Where a record or body of a log lies. */
export function recordKey(origin: string, index: number): string {
  return `${origin}/${orderedKey(index)}`;
}

/** Where a node of a log's tree lies. */
export function nodeKey(origin: string, level: number, index: number): string {
  return `${origin}/${level}/${orderedKey(index)}`;
}

/** What a log says of an entry that the disk has lost or changed. */
export function damagedEntry(origin: string, index: number): ZeroError {
  return new ZeroError('DATA_CORRUPT', `entry ${index} of ${origin} is missing or damaged`, {
    details: { origin, index },
  });
}
