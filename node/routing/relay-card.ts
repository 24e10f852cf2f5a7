// What a relay says of itself in a signed card: its node, region, price, how many streams it carries, whether it is of the backbone, and its
// neighbours. Read by other nodes, so it is checked like anything from a stranger.

import type { AgentCard, CardDraft } from '../../protocol/card/index.ts';
import { isPeerText } from '../../protocol/forward/index.ts';
import type { JsonObject } from '../../protocol/json/index.ts';

/** Name of the extension of a card that describes a relay. */
export const RELAY_EXTENSION = 'https://zerostate.dev/extensions/relay/v1';
/** Neighbours that a card names: a region and its ways out. */
export const CARD_NEIGHBOURS_MAX = 16;

const MIB = 1_048_576n;

/** What a relay offers. */
export interface RelayTerms {
  readonly backbone: boolean;
  /** Streams that it carries at once, and slots that it reserves for nodes that cannot be dialled. */
  readonly streamsMax: number;
  readonly reservationsMax: number;
  readonly draining: boolean;
  readonly neighbours: readonly { readonly peer: string; readonly rttMs: number | null }[];
  /** Asked for a MiB, in millionths; 0: nothing. */
  readonly pricePerMiB: bigint;
  readonly currency: string;
}

/** The card of a relay, to be signed. */
export function relayDraft(
  relay: Omit<RelayTerms, 'pricePerMiB'> & {
    readonly name: string;
    readonly peerId: string;
    readonly region: string;
    readonly pricePerMiB: bigint;
  },
): CardDraft {
  const { currency, name, peerId, pricePerMiB, region } = relay;
  const extension: JsonObject = {
    peer: peerId,
    backbone: relay.backbone,
    streamsMax: relay.streamsMax,
    reservationsMax: relay.reservationsMax,
    draining: relay.draining,
    neighbours: relay.neighbours.slice(0, CARD_NEIGHBOURS_MAX).map(({ peer, rttMs }) => ({ peer, rttMs })),
  };
  return {
    name: `Relay ${name}`,
    description: `Forwards sealed streams in region ${region}, and keeps places for nodes that cannot be dialled.`,
    region,
    capabilities: [{ name: 'relay', description: 'Forwards sealed streams between nodes.', tags: ['relay'] }],
    tags: ['relay', 'infrastructure'],
    prices:
      pricePerMiB === 0n ? [] : [{ unit: 'byte', amount: String(pricePerMiB), per: String(MIB), currency }],
    sla: 'standard',
    extensions: { [RELAY_EXTENSION]: extension },
  };
}

/** What a card says of the relay of a node; undefined when it says nothing, nonsense, or speaks of another node. */
export function termsOf(card: AgentCard, peerId: string): RelayTerms | undefined {
  const value = card.extensions?.[RELAY_EXTENSION];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { backbone, draining, neighbours, peer, reservationsMax, streamsMax } = value as Record<
    string,
    unknown
  >;
  if (peer !== peerId || !Array.isArray(neighbours) || neighbours.length > CARD_NEIGHBOURS_MAX)
    return undefined;
  if (typeof backbone !== 'boolean' || typeof draining !== 'boolean') return undefined;
  if (!isCount(streamsMax) || !isCount(reservationsMax)) return undefined;
  const price = card.prices.find(({ unit }) => unit === 'byte');
  return {
    backbone,
    draining,
    streamsMax,
    reservationsMax,
    neighbours: neighbours.filter(isNeighbour),
    pricePerMiB: price === undefined ? 0n : perMiB(BigInt(price.amount), BigInt(price.per ?? '1')),
    currency: price?.currency ?? '',
  };
}

/** A price for `per` bytes as one for a MiB, rounded up. */
export function perMiB(amount: bigint, per: bigint): bigint {
  return per === 0n ? 0n : (amount * MIB + per - 1n) / per;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isNeighbour(value: unknown): value is { peer: string; rttMs: number | null } {
  if (typeof value !== 'object' || value === null) return false;
  const { peer, rttMs } = value as Record<string, unknown>;
  return isPeerText(peer) && (rttMs === null || isCount(rttMs));
}
