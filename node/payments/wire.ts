// What the two nodes of a channel say to each other: one small map a request, and an envelope or nothing as the answer.

import { encode } from '@ipld/dag-cbor';
import { isContentId } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { decodeCborMap } from '../rpc/cbor.ts';
import type { RpcProtocol } from '../rpc/index.ts';
import { CHANNEL_CALL_MS_MAX, CHANNEL_MESSAGE_BYTES_MAX } from './limits.ts';

/** libp2p protocol id of channels on a network. */
export function channelProtocol(network: string): RpcProtocol {
  return {
    id: `/zerostate/${network}/channel/1`,
    requestBytesMax: CHANNEL_MESSAGE_BYTES_MAX,
    responseBytesMax: CHANNEL_MESSAGE_BYTES_MAX,
    timeoutMs: CHANNEL_CALL_MS_MAX,
    perSecond: 200,
    burst: 1_000,
    repeatable: true,
  };
}

const VERBS = ['open', 'update', 'withdraw', 'closing'] as const;

/**
 * open: body is the opening's envelope, the answer the acceptance. update: an update, its acknowledgement. withdraw: the payer's signed wish; an empty
 * answer says that no work was begun, and that none will be. closing: a signed end; an empty answer.
 */
export interface ChannelRequest {
  readonly verb: (typeof VERBS)[number];
  readonly channel: string;
  readonly body: Uint8Array;
}

export function encodeChannelRequest(request: ChannelRequest): Uint8Array {
  return encode(request);
}

/** Reads a request of a stranger. Throws DECODE_FAILED. */
export function decodeChannelRequest(bytes: Uint8Array): ChannelRequest {
  const { verb, channel, body } = decodeCborMap(bytes, 'the channel request');
  const known = VERBS.find((one) => one === verb);
  if (
    known === undefined ||
    typeof channel !== 'string' ||
    !isContentId(channel) ||
    !(body instanceof Uint8Array)
  )
    throw new ZeroError('DECODE_FAILED', 'the channel request has a wrong form');
  return { verb: known, channel, body };
}
