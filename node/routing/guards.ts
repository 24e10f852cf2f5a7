// The word of the node's policy on a stream: may this peer be served, may it go to that neighbour, may one of this node's own? Cedar decides
// (action "relay", purpose "forward" or "send"); what the sender asked (region, price) is kept by the routing policy as well.

import type { ForwardHeader } from '../../protocol/forward/index.ts';
import type { NeighbourView } from '../../protocol/routing/index.ts';
import type { ForwardFacts } from '../policy/index.ts';
import type { Asked } from './asked.ts';

/** Asks the policy about forwarding. */
export interface ForwardPolicy {
  mayForward(
    peerId: string,
    facts: ForwardFacts,
  ): { readonly allow: boolean; readonly detail: string; readonly decision: string };
}

/** What stands against a stream from a peer, whatever way it takes; undefined: nothing. */
export function refusalOf(
  policy: ForwardPolicy | undefined,
  from: string,
  header: ForwardHeader,
  destinationRegion: string,
): string | undefined {
  const verdict = policy?.mayForward(from, factsOf('forward', header, destinationRegion, undefined));
  return verdict?.allow === false ? verdict.detail : undefined;
}

/** The neighbours, each with the policy's word for this stream, and the reasons against those that it forbids. "send": the stream is this node's own. */
export function guardNeighbours(
  policy: ForwardPolicy | undefined,
  purpose: ForwardFacts['purpose'],
  from: string,
  header: ForwardHeader,
  destinationRegion: string,
  neighbours: readonly NeighbourView[],
): { neighbours: NeighbourView[]; guards: Record<string, string> } {
  const guards: Record<string, string> = {};
  const judged = neighbours.map((neighbour) => {
    const verdict = policy?.mayForward(from, factsOf(purpose, header, destinationRegion, neighbour));
    if (verdict?.allow !== false) return neighbour;
    guards[neighbour.id] = verdict.detail;
    return { ...neighbour, allowed: false };
  });
  return { neighbours: judged, guards };
}

/**
 * The neighbours without those that cannot be held against the sender's ceiling: what they ask is not known, or is in another currency.
 * The other end itself is paid for nothing.
 */
export function guardPrice(
  { currency, priceCeiling, to }: ForwardHeader,
  judged: {
    readonly neighbours: readonly NeighbourView[];
    readonly guards: Readonly<Record<string, string>>;
  },
  askedBy: (relay: string) => Asked | undefined,
): { neighbours: NeighbourView[]; guards: Record<string, string> } {
  const guards = { ...judged.guards };
  const neighbours = judged.neighbours.map((neighbour) => {
    if (priceCeiling === null || neighbour.allowed === false) return neighbour;
    if (neighbour.id === to) return { ...neighbour, pricePerMiB: 0n };
    const asked = askedBy(neighbour.id);
    if (asked !== undefined && (asked.pricePerMiB === 0n || asked.currency === currency)) return neighbour;
    guards[neighbour.id] =
      asked === undefined
        ? 'what it asks is not known, and there is a ceiling'
        : `it asks in ${asked.currency}, and the ceiling is in ${currency || 'no currency'}`;
    return { ...neighbour, allowed: false };
  });
  return { neighbours, guards };
}

/** The neighbours without those that this node cannot, or will not, pay; the other end itself is paid for nothing. */
export function guardUnpaid(
  { to }: ForwardHeader,
  judged: { neighbours: NeighbourView[]; guards: Record<string, string> },
  refusalBy: (relay: string) => string | undefined,
): { neighbours: NeighbourView[]; guards: Record<string, string> } {
  const guards = { ...judged.guards };
  const neighbours = judged.neighbours.map((neighbour) => {
    const why = neighbour.id === to || neighbour.allowed === false ? undefined : refusalBy(neighbour.id);
    if (why === undefined) return neighbour;
    guards[neighbour.id] = why;
    return { ...neighbour, allowed: false };
  });
  return { neighbours, guards };
}

function factsOf(
  purpose: ForwardFacts['purpose'],
  { guild, region, slaClass, to }: ForwardHeader,
  destinationRegion: string,
  next: NeighbourView | undefined,
): ForwardFacts {
  return {
    purpose,
    destination: to,
    destinationRegion,
    guild,
    sla: slaClass,
    stayIn: region,
    next: next?.id ?? '',
    nextRegion: next?.region ?? '',
  };
}
