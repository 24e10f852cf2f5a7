// Carries requests to members: over a direct stream (a relayed one too, Noise is end to end), and sealed frames over gossip when a member
// cannot be dialled. What leaves here sealed is sealed for good: this file holds no key.

import { encode } from '@ipld/dag-cbor';
import type { PeerId } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { utf8 } from '../../protocol/bytes/index.ts';
import { signEd25519, verifyEd25519 } from '../../protocol/crypto/index.ts';
import { isZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import { keyOfPeerId } from '../../protocol/log/index.ts';
import { TokenBuckets } from '../admission/token-bucket.ts';
import type { CardService } from '../cards/card-service.ts';
import type { Clock } from '../clock/index.ts';
import type { Gossip, Verdict } from '../gossip/index.ts';
import type { Host } from '../host/create.ts';
import { GOSSIP_MESSAGE_BYTES_MAX } from '../host/limits.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { decodeCborMap } from '../rpc/cbor.ts';
import type { Rpc, RpcProtocol } from '../rpc/index.ts';
import { decodeMls } from './keys/own-keys.ts';
import {
  EXCHANGE_MS,
  EXCHANGE_MS_MAX,
  GOSSIP_AGE_MS_MAX,
  GOSSIP_BURST,
  GOSSIP_PER_SECOND,
  REQUEST_BYTES_MAX,
  REQUESTS_BURST,
  REQUESTS_PER_SECOND,
  RESPONSE_BYTES_MAX,
} from './limits.ts';
import { encodeRequest, type GuildRequest } from './wire.ts';

/** Room for the wrapper around a frame on gossip: peer id, time, signature. */
const WRAPPER_BYTES = 512;
const GOSSIP_LABEL = 'zerostate guild frame v1';

/** Bounds of the guild protocol. */
export function guildProtocol(network: string): RpcProtocol {
  return {
    id: `/zerostate/${network}/guild/1`,
    requestBytesMax: REQUEST_BYTES_MAX,
    responseBytesMax: RESPONSE_BYTES_MAX,
    timeoutMs: EXCHANGE_MS_MAX,
    perSecond: REQUESTS_PER_SECOND,
    burst: REQUESTS_BURST,
    // A frame that came twice is opened once.
    repeatable: true,
  };
}

export interface CarrierDeps {
  readonly host: Host;
  readonly rpc: Rpc;
  readonly gossip: Gossip;
  readonly cards: CardService;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly network: string;
  readonly seed: Uint8Array;
}

/** Where a member is. */
export interface MemberAddress {
  readonly agent: AgentId;
  readonly peer: string;
}

export type RequestHandler = (bytes: Uint8Array, peer: PeerId) => Promise<Uint8Array>;
/** Takes a sealed frame that came over gossip, for whatever guild. */
export type FrameHandler = (sealed: Uint8Array) => Promise<void>;

/** Sends and receives for the guilds of a node. */
export class Carrier {
  readonly #deps: CarrierDeps;
  readonly #protocol: RpcProtocol;
  readonly #speakers: TokenBuckets;

  constructor(deps: CarrierDeps) {
    this.#deps = deps;
    this.#protocol = guildProtocol(deps.network);
    this.#speakers = new TokenBuckets({
      clock: deps.clock,
      perSecond: GOSSIP_PER_SECOND,
      burst: GOSSIP_BURST,
    });
  }

  /** Takes requests and frames from now on. */
  async start(onRequest: RequestHandler, onFrame: FrameHandler): Promise<void> {
    await this.#deps.rpc.handle(this.#protocol, onRequest);
    this.#deps.gossip.subscribe('guild', (bytes) => this.#judge(bytes, onFrame));
  }

  /** Asks a member's node. Throws PEER_UNREACHABLE or what it answered. */
  async ask(
    to: MemberAddress,
    request: GuildRequest,
    options: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<Uint8Array> {
    const peer = peerIdFromString(to.peer);
    await this.#addresses(to, peer);
    const count = (result: string) =>
      this.#deps.metrics.count('zerostate_guild_requests_total', { op: request.op, result });
    try {
      const answer = await this.#deps.rpc.call(peer, this.#protocol, encodeRequest(request), {
        timeoutMs: EXCHANGE_MS,
        ...options,
      });
      count('ok');
      return answer;
    } catch (error) {
      count(isZeroError(error) ? error.code : 'INTERNAL');
      throw error;
    }
  }

  /** A card's addresses are a hint: libp2p authenticates the peer id whatever they say. */
  async #addresses({ agent, peer: name }: MemberAddress, peer: PeerId): Promise<void> {
    const { cards, host } = this.#deps;
    if (host.getConnections(peer).length > 0) return;
    const entry = cards.known(agent) ?? (await cards.resolve(agent));
    const addresses = entry?.card.endpoints.find((endpoint) => endpoint.peer === name)?.addresses ?? [];
    if (addresses.length > 0)
      await host.peerStore
        .merge(peer, { multiaddrs: addresses.map((address) => multiaddr(address)) })
        .catch(() => undefined);
  }

  /** Puts a sealed frame on gossip; false when it is too large for it. Nobody acknowledges it. */
  async spread(sealed: Uint8Array): Promise<boolean> {
    const { clock, gossip, host, metrics, seed } = this.#deps;
    if (sealed.length + WRAPPER_BYTES > GOSSIP_MESSAGE_BYTES_MAX) return false;
    const peer = host.peerId.toString();
    const atMs = clock.now();
    const sig = signEd25519(seed, signedPart(peer, atMs, sealed));
    await gossip.publish('guild', encode({ peer, atMs, sealed, sig }));
    metrics.count('zerostate_guild_requests_total', { op: 'gossip', result: 'ok' });
    return true;
  }

  /** Every node passes frames on, a few a second from each speaker, and reads none but its own guilds'. */
  async #judge(bytes: Uint8Array, onFrame: FrameHandler): Promise<Verdict> {
    const { peer, atMs, sealed, sig } = decodeCborMap(bytes, 'the gossip frame');
    if (
      typeof peer !== 'string' ||
      typeof atMs !== 'number' ||
      !Number.isSafeInteger(atMs) ||
      !(sealed instanceof Uint8Array) ||
      !(sig instanceof Uint8Array) ||
      !verifyEd25519(keyOfPeerId(peer), signedPart(peer, atMs, sealed), sig)
    )
      return 'reject';
    if (Math.abs(this.#deps.clock.now() - atMs) > GOSSIP_AGE_MS_MAX || !this.#speakers.take(peer))
      return 'ignore';
    decodeMls(sealed, 'mls_private_message');
    // What it says to this node's own guilds is no business of the node that passed it on.
    onFrame(sealed).catch((error: unknown) =>
      this.#deps.log.debug(
        { speaker: peer, error: (error as Error).message },
        'a gossip frame was not opened',
      ),
    );
    return 'accept';
  }
}

function signedPart(peer: string, atMs: number, sealed: Uint8Array): Uint8Array {
  return encode({ label: utf8(GOSSIP_LABEL), peer, atMs, sealed });
}
