// Gossipsub settings, all explicit. Gossip is for speed only; completeness comes from sync/.

import type { GossipsubOpts } from '@libp2p/gossipsub';
import { GOSSIP_OUTBOUND_BYTES_MAX, GOSSIP_RPC_BYTES_MAX } from '../host/limits.ts';
import { ANNOUNCEMENTS_PER_SECOND_MAX } from '../network/pace.ts';
import type { TopicName } from './topics.ts';

/** Counters are decayed once a second. */
const DECAY_MS = 1_000;
/** Mesh degree that the library keeps up, and the bounds that make it add or drop peers (D, D_low, D_high of the gossipsub specification). */
export const MESH_DEGREE = 6;
/** Below this many a mesh takes peers in (D_low). */
export const MESH_DEGREE_LOW = 5;
/** The specification's 12 would let a mesh drift to twice what is wanted, and every link beyond that carries only duplicates. */
export const MESH_DEGREE_HIGH = 8;
/** Mesh peers kept for their score, and those that this node dialled itself, against an eclipse. */
const MESH_BY_SCORE = 4;
const MESH_OUTBOUND = 2;
/**
 * Peers outside of the mesh that are told what there is, with each heartbeat, and the share of them where that is more. The specification's
 * 6 and a quarter were a third of all frames of a quiet network of 50; what slips through is for the rounds of anti-entropy.
 */
export const TOLD_PEERS = 3;
/** The same, as a share of the peers outside of the mesh. */
export const TOLD_SHARE = 0.1;
/**
 * A message of this size or more is announced to the mesh as received before it is judged, so that the others do not send it again. For
 * less a duplicate costs no more than saying so: the work is in the number of frames, not in their bytes.
 */
const IDONTWANT_BYTES_MIN = 16_384;
/** Most that one topic gives for delivering first, and for staying: some standing, never enough to pay for invalid messages. */
const FIRST_DELIVERY_SCORE_MAX = 20;
const TIME_IN_MESH_SCORE_MAX = 10;
const TIME_IN_MESH_SECONDS = 300;
/** All that a peer can earn on its topics together. */
const TOPICS_SCORE_MAX = 50;
/** First deliveries fade with this half-life. */
const FIRST_DELIVERY_HALF_LIFE_SECONDS = 10;
/** An invalid message counts with its square: one costs 20, two 80, three 180, which no earned score outweighs. */
const INVALID_MESSAGE_WEIGHT = -20;
/** Invalid messages fade slowly: a peer that sent a hundred is graylisted for about ten minutes. */
const INVALID_MESSAGE_DECAY = 0.99;
/** A peer below this is not gossiped to, below the next not published to, below the last not listened to. */
const THRESHOLDS = {
  gossipThreshold: -10,
  publishThreshold: -50,
  graylistThreshold: -80,
  acceptPXThreshold: 1_000,
  opportunisticGraftThreshold: 1,
};
/** Scores outlive the connection, so that reconnecting washes nothing off. */
const RETAIN_SCORE_MS = 3_600_000;
/** Score of a peer that admission shut out. */
const PENALIZED_SCORE = -1_000;

/** Names of topics of one peer, with 1 KiB that the library counts for each: our three, and as many that a newer version may have. */
const TOPIC_BYTES_PER_PEER_MAX = 8_192;

/** Messages a second that the whole network is expected to publish on a topic. */
const EXPECTED_PER_SECOND: Record<TopicName, number> = {
  announce: ANNOUNCEMENTS_PER_SECOND_MAX,
  // One for each statement that somebody publishes.
  heads: 2,
  // Sealed frames of guilds whose members cannot be dialled: the exception.
  guild: 0.5,
};

/**
 * Score parameters from the expected rate: a mesh peer that delivers its share first, rate / D each second, settles at
 * share / (1 - decay); twice that is the cap, and the weight makes the cap worth FIRST_DELIVERY_SCORE_MAX.
 */
export function topicScore(perSecond: number) {
  const decay = 0.5 ** (1 / FIRST_DELIVERY_HALF_LIFE_SECONDS);
  const cap = Math.max(1, (2 * (perSecond / MESH_DEGREE)) / (1 - decay));
  return {
    topicWeight: 1,
    timeInMeshWeight: TIME_IN_MESH_SCORE_MAX / TIME_IN_MESH_SECONDS,
    timeInMeshQuantum: 1_000,
    timeInMeshCap: TIME_IN_MESH_SECONDS,
    firstMessageDeliveriesWeight: FIRST_DELIVERY_SCORE_MAX / cap,
    firstMessageDeliveriesDecay: decay,
    firstMessageDeliveriesCap: cap,
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

/** Options for a node that speaks exactly these topics of a network. `isPenalized` tells who is shut out. */
export function gossipOptions(options: {
  topics: Readonly<Record<TopicName, string>>;
  messageId: (data: Uint8Array) => Uint8Array;
  isPenalized: (peer: string) => boolean;
}): Partial<GossipsubOpts> {
  const { messageId, topics, isPenalized } = options;
  const names = Object.keys(topics) as TopicName[];
  return {
    allowedTopics: names.map((name) => topics[name]),
    // Payloads are signed envelopes: a second signature per hop would prove nothing more.
    globalSignaturePolicy: 'StrictNoSign',
    msgIdFn: (message) => messageId(message.data),
    fallbackToFloodsub: false,
    // Each publication says itself whether it goes to all peers at once or along the mesh.
    floodPublish: false,
    doPX: false,
    emitSelf: false,
    // True would mean that nothing is passed on until a separate report; our validators are awaited and say it themselves.
    asyncValidation: false,
    awaitRpcHandler: true,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    maxInboundDataLength: GOSSIP_RPC_BYTES_MAX,
    maxOutboundBufferSize: GOSSIP_OUTBOUND_BYTES_MAX,
    maxTopicBytesPerPeer: TOPIC_BYTES_PER_PEER_MAX,
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
      topics: Object.fromEntries(names.map((name) => [topics[name], topicScore(EXPECTED_PER_SECOND[name])])),
      topicScoreCap: TOPICS_SCORE_MAX,
      appSpecificScore: (peer) => (isPenalized(peer) ? PENALIZED_SCORE : 0),
      appSpecificWeight: 1,
      // Many nodes of one machine or one NAT are normal here; the gater limits them by site.
      IPColocationFactorWeight: 0,
      IPColocationFactorThreshold: 10,
      IPColocationFactorWhitelist: new Set(),
      // Grafting before the back-off is over, or not delivering what was promised: six times are forgiven.
      behaviourPenaltyWeight: -10,
      behaviourPenaltyThreshold: 6,
      behaviourPenaltyDecay: 0.99,
      decayInterval: DECAY_MS,
      decayToZero: 0.01,
      retainScore: RETAIN_SCORE_MS,
    },
    scoreThresholds: THRESHOLDS,
    D: MESH_DEGREE,
    Dlo: MESH_DEGREE_LOW,
    Dhi: MESH_DEGREE_HIGH,
    Dscore: MESH_BY_SCORE,
    Dout: MESH_OUTBOUND,
    Dlazy: TOLD_PEERS,
    gossipFactor: TOLD_SHARE,
    idontwantMinDataSize: IDONTWANT_BYTES_MIN,
  };
}
