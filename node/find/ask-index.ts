// Asks one index node for a shortlist. Nothing of the answer is believed before the cards are checked.

import { encode } from '@ipld/dag-cbor';
import { peerIdFromString } from '@libp2p/peer-id';
import { Value } from 'typebox/value';
import { ZeroError } from '../../protocol/errors/index.ts';
import { indexBatchProtocol, indexProtocol } from '../index-role/index-role.ts';
import { decodeCbor } from '../rpc/cbor.ts';
import type { Rpc } from '../rpc/index.ts';
import {
  type Shortlist,
  type ShortlistBatchAnswer,
  type ShortlistRequest,
  shortlistBatchAnswerSchema,
  shortlistSchema,
} from './schema.ts';

/** Asks the index of a peer. Injected, so that a test can put a lying index in its place. */
export type AskIndex = (peerId: string, request: ShortlistRequest, timeoutMs: number) => Promise<Shortlist>;

/** The real one. Throws PEER_UNREACHABLE, DECODE_FAILED, or what the index answered. */
export function askIndexOver(rpc: Rpc, network: string): AskIndex {
  return async (peerId, request, timeoutMs) => {
    const bytes = await rpc.call(peerIdFromString(peerId), indexProtocol(network), encode(request), {
      timeoutMs,
    });
    const answer = decodeCbor(bytes, 'the shortlist');
    if (!Value.Check(shortlistSchema, answer)) throw new ZeroError('DECODE_FAILED', 'not a shortlist');
    return answer;
  };
}

/** Asks the index of a peer several questions at once; outcomes in their order. Throws PEER_UNREACHABLE, DECODE_FAILED or BUSY. */
export async function askIndexBatch(
  rpc: Rpc,
  network: string,
  peerId: string,
  requests: readonly ShortlistRequest[],
): Promise<ShortlistBatchAnswer['answers']> {
  const bytes = await rpc.call(peerIdFromString(peerId), indexBatchProtocol(network), encode({ requests }));
  const answer = decodeCbor(bytes, 'the shortlists');
  if (!Value.Check(shortlistBatchAnswerSchema, answer) || answer.answers.length !== requests.length)
    throw new ZeroError('DECODE_FAILED', 'not a batch of shortlists');
  return answer.answers;
}
