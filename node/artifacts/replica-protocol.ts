// The requests between holders of an artifact: keep a copy, prove that you have it, let it go. Strictly read; nothing is believed of them
// but who sent them.

import { encode } from '@ipld/dag-cbor';
import { peerIdFromString } from '@libp2p/peer-id';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { compareBytes, concatBytes, utf8 } from '../../protocol/bytes/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { decodeCbor } from '../rpc/cbor.ts';
import type { RpcProtocol } from '../rpc/index.ts';
import { BLOCKS_MAX, CHALLENGE_BLOCKS, HOLDERS_MAX } from './limits.ts';

/** Protocol of replication on a network. */
export function replicaProtocol(network: string): RpcProtocol {
  return {
    id: `/zerostate/${network}/artifact/1`,
    requestBytesMax: 16 * 1024,
    responseBytesMax: 4 * 1024,
    timeoutMs: 10_000,
    sheds: 'bulk',
    perSecond: 20,
    burst: 200,
  };
}

const closed = { additionalProperties: false } as const;
const cid = Type.String({ minLength: 8, maxLength: 128 });
const peer = Type.String({ minLength: 8, maxLength: 64 });

const keepSchema = Type.Object(
  {
    kind: Type.Literal('keep'),
    root: cid,
    name: Type.String({ maxLength: 255 }),
    /** Bytes and number of its blocks, so that it can be refused before it is fetched. */
    bytes: Type.Integer({ minimum: 0 }),
    blocks: Type.Integer({ minimum: 1, maximum: BLOCKS_MAX }),
    region: Type.String({ minLength: 1, maxLength: 32 }),
    copies: Type.Integer({ minimum: 1, maximum: HOLDERS_MAX }),
    /** Whose wish it is, and when the promise ends (ms since the epoch). */
    owner: peer,
    until: Type.Integer({ minimum: 0 }),
    holders: Type.Array(peer, { maxItems: HOLDERS_MAX }),
  },
  closed,
);

const proveSchema = Type.Object(
  {
    kind: Type.Literal('prove'),
    root: cid,
    nonce: Type.Unsafe<Uint8Array>({}),
    blocks: Type.Array(cid, { minItems: 1, maxItems: CHALLENGE_BLOCKS }),
    holders: Type.Array(peer, { maxItems: HOLDERS_MAX }),
    until: Type.Integer({ minimum: 0 }),
  },
  closed,
);

const dropSchema = Type.Object({ kind: Type.Literal('drop'), root: cid }, closed);
const requestSchema = Type.Union([keepSchema, proveSchema, dropSchema]);

export type KeepRequest = Static<typeof keepSchema>;
export type ProveRequest = Static<typeof proveSchema>;
export type ReplicaRequest = Static<typeof requestSchema>;

export const NONCE_BYTES = 32;

export function encodeRequest(request: ReplicaRequest): Uint8Array {
  return encode(request);
}

/** Reads a request of a stranger. Throws DECODE_FAILED. */
export function decodeRequest(bytes: Uint8Array): ReplicaRequest {
  const value = decodeCbor(bytes, 'the request');
  if (!Value.Check(requestSchema, value)) throw new ZeroError('DECODE_FAILED', 'not a request about a copy');
  if (value.kind === 'prove' && !(value.nonce instanceof Uint8Array && value.nonce.length === NONCE_BYTES))
    throw new ZeroError('DECODE_FAILED', 'the challenge has no nonce');
  if (value.kind !== 'drop') value.holders.forEach(checkPeer);
  if (value.kind === 'keep') checkPeer(value.owner);
  return value;
}

/** Holders are challenged later, where a name that is none would end the whole round. Throws DECODE_FAILED. */
function checkPeer(text: string): void {
  try {
    peerIdFromString(text);
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', 'the request names a holder that is no peer', { cause });
  }
}

/** The answer to a challenge: nobody makes it without the bytes, nor before the nonce is known. */
export function proofOf(nonce: Uint8Array, blocks: readonly Uint8Array[]): Uint8Array {
  return sha256(concatBytes(nonce, ...blocks.map((block) => sha256(concatBytes(nonce, block)))));
}

/** Peers in the order in which they keep an artifact (rendezvous hashing): all nodes compute the same. */
export function byRank(root: string, peers: readonly string[]): string[] {
  return peers
    .map((peer) => ({ peer, rank: sha256(utf8(`${root} ${peer}`)) }))
    .sort((a, b) => compareBytes(a.rank, b.rank))
    .map(({ peer }) => peer);
}

/** The other holders of those that are named, each once, as many as are remembered. */
export function othersThan(self: string, peers: readonly string[]): string[] {
  return [...new Set(peers)].filter((peer) => peer !== self).slice(0, HOLDERS_MAX);
}
