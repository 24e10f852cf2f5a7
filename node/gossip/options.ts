// Gossipsub settings, all explicit. Gossip is for speed only; completeness comes from sync/.

import type { GossipsubOpts } from '@libp2p/gossipsub';
import { GOSSIP_MESSAGE_BYTES_MAX, GOSSIP_OUTBOUND_BYTES_MAX, GOSSIP_RPC_BYTES_MAX } from '../host/limits.ts';

/** An invalid message weighs as much as a hundred seconds of good behaviour: only provably invalid ones are rejected. */
const INVALID_MESSAGE_WEIGHT = -100;
const INVALID_MESSAGE_DECAY = 0.9;

function topicScore() {
  return {
    topicWeight: 1,
    timeInMeshWeight: 0.01,
    timeInMeshQuantum: 1000,
    timeInMeshCap: 300,
    firstMessageDeliveriesWeight: 0.5,
    firstMessageDeliveriesDecay: 0.9,
    firstMessageDeliveriesCap: 20,
    // Quiet topics: a peer that has nothing to say must not be punished for silence.
    meshMessageDeliveriesWeight: 0,
    meshMessageDeliveriesDecay: 0.9,
    meshMessageDeliveriesCap: 1,
    meshMessageDeliveriesThreshold: 1,
    meshMessageDeliveriesWindow: 10,
    meshMessageDeliveriesActivation: 60_000,
    meshFailurePenaltyWeight: 0,
    meshFailurePenaltyDecay: 0.9,
    invalidMessageDeliveriesWeight: INVALID_MESSAGE_WEIGHT,
    invalidMessageDeliveriesDecay: INVALID_MESSAGE_DECAY,
  };
}

/** Options for a node that speaks exactly these topics. */
export function gossipOptions(
  topics: readonly string[],
  messageId: (data: Uint8Array) => Uint8Array,
): Partial<GossipsubOpts> {
  return {
    allowedTopics: [...topics],
    // Payloads are signed envelopes: a second signature per hop would prove nothing more.
    globalSignaturePolicy: 'StrictNoSign',
    msgIdFn: (message) => messageId(message.data),
    fallbackToFloodsub: false,
    floodPublish: true,
    doPX: false,
    emitSelf: false,
    // True would mean that nothing is passed on until a separate report; our validators are awaited and say it themselves.
    asyncValidation: false,
    awaitRpcHandler: true,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    maxInboundDataLength: GOSSIP_RPC_BYTES_MAX,
    maxOutboundBufferSize: GOSSIP_OUTBOUND_BYTES_MAX,
    maxTopicBytesPerPeer: 4096,
    decodeRpcLimits: {
      maxSubscriptions: 32,
      maxMessages: 64,
      maxIhaveMessageIDs: 1024,
      maxIwantMessageIDs: 1024,
      maxIdontwantMessageIDs: 512,
      maxControlMessages: 64,
      maxPeerInfos: 8,
    },
    scoreParams: {
      topics: Object.fromEntries(topics.map((topic) => [topic, topicScore()])),
      // Many nodes of one machine or one NAT are normal here; admission limits them by other means.
      IPColocationFactorWeight: 0,
    },
    idontwantMinDataSize: GOSSIP_MESSAGE_BYTES_MAX,
  };
}
