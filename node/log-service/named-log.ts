// Which log a person means: an origin, a peer id, or the name of a node; and where a statement stands in it.

import { equalBytes } from '../../protocol/bytes/index.ts';
import { digestOfContentId } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { keyOfPeerId, ORIGIN_PREFIX, originOf } from '../../protocol/log/index.ts';
import type { NodeContext } from '../context.ts';
import type { LogStore } from '../log/index.ts';

/** Records read at once to find a statement: 50 bytes each. */
const READ_AT_ONCE = 4_096;
/** Records read in all: 100 MB, some seconds; what lies behind is named by its index. */
const READ_MAX = 2_000_000;
/** Where the digest of a statement lies in a record. */
const DIGEST_AT = 1;
const DIGEST_BYTES = 32;

/** The origin that a name means; the own log for an empty one. Throws NOT_FOUND or USAGE. */
export function logNamed(node: Pick<NodeContext, 'directory' | 'ownLog'>, name: string): string {
  if (name === '') return node.ownLog.origin;
  const peer = name.startsWith(ORIGIN_PREFIX) ? name.slice(ORIGIN_PREFIX.length) : name;
  if (isPeerId(peer)) return originOf(peer);
  const named = [node.directory.self(), ...node.directory.nodes()].filter((each) => each.name === name);
  if (named.length > 1)
    throw new ZeroError('USAGE', `${named.length} nodes are named ${name}`, {
      hint: 'Give the peer id; "zerostate logs" shows those of all logs.',
    });
  if (named.length === 0)
    throw new ZeroError('NOT_FOUND', `no log of a node ${name} is known`, {
      hint: '"zerostate logs" shows the logs that this node holds.',
    });
  return originOf(named[0]!.peerId);
}

function isPeerId(text: string): boolean {
  try {
    keyOfPeerId(text);
    return true;
  } catch {
    return false;
  }
}

/** The newest position of a statement in a log. Throws NOT_FOUND, or DECODE_FAILED for what is no statement id. */
export async function findStatement(store: LogStore, origin: string, statementId: string): Promise<number> {
  const digest = digestOfContentId(statementId);
  const { size } = store.state(origin);
  for (let to = size; to > Math.max(0, size - READ_MAX); to -= READ_AT_ONCE) {
    const from = Math.max(0, to - READ_AT_ONCE);
    const records = await store.records(origin, from, to);
    const at = records.findLastIndex((record) =>
      equalBytes(record.subarray(DIGEST_AT, DIGEST_AT + DIGEST_BYTES), digest),
    );
    if (at >= 0) return from + at;
  }
  throw new ZeroError('NOT_FOUND', `${statementId} is not in the log ${origin}`);
}
