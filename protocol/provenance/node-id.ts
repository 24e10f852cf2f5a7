// Node ids of the graph: `<algorithm>:<digest>`, one spelling for each thing.

import { toHex } from '../bytes/index.ts';
import { digestOfContentId, isContentId } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import type { DigestSet } from '../statement/index.ts';
import { NODE_ID_CHARS_MAX } from './limits.ts';
import type { NodeId } from './types.ts';

/** Digest algorithms that name a thing, the first one known of a thing being its name in the graph. */
const PREFERRED = ['sha256', 'sha512', 'sha384', 'sha224', 'gitCommit', 'sha1'] as const;
const DIGITS: Readonly<Record<string, readonly number[]>> = {
  sha256: [64],
  sha512: [128],
  sha384: [96],
  sha224: [56],
  gitCommit: [40, 64],
  sha1: [40],
};
const NODE_ID = /^([A-Za-z0-9]{1,16}):([0-9a-f]+)$/;
const AGENT_PREFIX = 'zs:';

/** Refuses text that is not a node id. Throws DECODE_FAILED. */
export function requireNodeId(text: string, what = 'node id'): NodeId {
  const match = text.length > NODE_ID_CHARS_MAX ? null : NODE_ID.exec(text);
  if (match === null || DIGITS[match[1]!]?.includes(match[2]!.length) !== true)
    throw new ZeroError('DECODE_FAILED', `${what} is not <algorithm>:<digest> in lower-case hexadecimal`);
  return text;
}

/** The node id that a person means: a node id, bare SHA-256 digits, a content id or an agent id. Throws DECODE_FAILED. */
export function nodeIdOf(text: string): NodeId {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return `sha256:${text.toLowerCase()}`;
  const bare = text.startsWith(AGENT_PREFIX) ? text.slice(AGENT_PREFIX.length) : text;
  if (isContentId(bare)) return nodeIdOfContentId(bare);
  return requireNodeId(text);
}

/** Node id of a statement, a card, or an agent by the content id in its name. Throws DECODE_FAILED. */
export function nodeIdOfContentId(id: string): NodeId {
  return `sha256:${toHex(digestOfContentId(id))}`;
}

/** All names of a thing by its digests, its name in the graph first. Empty when no digest is of a kind that names things. */
export function nodeIdsOfDigests(digests: DigestSet): NodeId[] {
  return PREFERRED.flatMap((algorithm) => {
    const digest = digests[algorithm];
    return digest === undefined ? [] : [`${algorithm}:${digest}`];
  });
}
