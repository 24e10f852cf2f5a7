// Which index nodes to ask for a question: a pure decision. A node in the role "index" covers every region, one in the role
// "index-shard" its own region only.

/** An index node as the plan sees it. */
export interface IndexNode {
  readonly peerId: string;
  readonly name: string;
  readonly region: string;
  readonly roles: readonly string[];
  /** Measured round trip in milliseconds; null when unknown. */
  readonly rttMs: number | null;
  /** Share of recent checks in which it left out a card, 1 after a false score; 0 to 1. */
  readonly suspicion: number;
}

/** One part of the answer: the candidates are tried in this order until one answers. */
export interface Slot {
  /** Region that the slot covers; null for all. */
  readonly region: string | null;
  readonly candidates: readonly IndexNode[];
}

/** An index that left out more than this share of cards is asked only when there is no other. */
const SUSPICION_MAX = 0.2;

/** False for an index that hides cards or makes up scores, as far as this node has seen. */
export function isTrusted({ suspicion }: Pick<IndexNode, 'suspicion'>): boolean {
  return suspicion <= SUSPICION_MAX;
}

/**
 * Slots that together cover the question, best candidate first. `regions` are those of the cards known: a region without any
 * index is a slot without candidates, so that the answer says what is missing.
 */
export function planIndexes(
  nodes: readonly IndexNode[],
  wanted: string | undefined,
  regions: () => readonly string[],
): Slot[] {
  const everywhere = rank(nodes.filter(({ roles }) => roles.includes('index')));
  const shardsOf = (region: string) =>
    rank(nodes.filter((node) => node.roles.includes('index-shard') && node.region === region));
  if (wanted !== undefined)
    return [{ region: wanted, candidates: rank([...shardsOf(wanted), ...everywhere]) }];
  if (everywhere.length > 0) return [{ region: null, candidates: everywhere }];
  const sharded = nodes.filter(({ roles }) => roles.includes('index-shard')).map(({ region }) => region);
  return [...new Set([...regions(), ...sharded])]
    .sort()
    .map((region) => ({ region, candidates: shardsOf(region) }));
}

function rank(nodes: readonly IndexNode[]): IndexNode[] {
  const key = (node: IndexNode) => [isTrusted(node) ? 0 : 1, node.rttMs ?? Number.MAX_SAFE_INTEGER] as const;
  return [...nodes].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return x[0] - y[0] || x[1] - y[1] || (a.peerId < b.peerId ? -1 : 1);
  });
}
