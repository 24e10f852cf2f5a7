// The largest flow through a network of capacities (Dinic 1970), in integers. Edges are kept in the order they were added, so that
// everybody who adds them in one order finds the same flow on each edge.

interface Edge {
  readonly to: number;
  capacity: number;
  /** Index of the edge back. */
  readonly back: number;
}

/** A network with a source and a sink. */
export class FlowNetwork {
  readonly #names = new Map<string, number>();
  readonly #edges: Edge[] = [];
  readonly #out: number[][] = [];
  readonly #added: { from: string; to: string; index: number; capacity: number }[] = [];

  #node(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    this.#names.set(name, this.#out.length);
    return this.#out.push([]) - 1;
  }

  /** Adds an edge with a capacity: an integer, not negative. */
  add(from: string, to: string, capacity: number): void {
    const [a, b] = [this.#node(from), this.#node(to)];
    const index = this.#edges.length;
    this.#edges.push({ to: b, capacity, back: index + 1 }, { to: a, capacity: 0, back: index });
    this.#out[a]?.push(index);
    this.#out[b]?.push(index + 1);
    this.#added.push({ from, to, index, capacity });
  }

  /** The largest flow from source to sink. Call once. */
  maxFlow(source: string, sink: string): number {
    const [s, t] = [this.#node(source), this.#node(sink)];
    let flow = 0;
    for (let levels = this.#levels(s, t); levels !== undefined; levels = this.#levels(s, t)) {
      const next = this.#out.map(() => 0);
      for (let sent = this.#push(s, t, Number.MAX_SAFE_INTEGER, levels, next); sent > 0; ) {
        flow += sent;
        sent = this.#push(s, t, Number.MAX_SAFE_INTEGER, levels, next);
      }
    }
    return flow;
  }

  /** After maxFlow: what flows over the edges into a node, in the order they were added. */
  into(name: string): { from: string; flow: number; capacity: number }[] {
    return this.#added
      .filter(({ to }) => to === name)
      .map(({ from, index, capacity }) => ({
        from,
        capacity,
        flow: capacity - (this.#edges[index] as Edge).capacity,
      }));
  }

  #levels(s: number, t: number): number[] | undefined {
    const levels = this.#out.map(() => -1);
    levels[s] = 0;
    const queue = [s];
    for (let i = 0; i < queue.length; i++) {
      const at = queue[i] as number;
      for (const index of this.#out[at] as number[]) {
        const { to, capacity } = this.#edges[index] as Edge;
        if (capacity <= 0 || levels[to] !== -1) continue;
        levels[to] = (levels[at] as number) + 1;
        queue.push(to);
      }
    }
    return levels[t] === -1 ? undefined : levels;
  }

  /** The depth is that of the level graph: HOPS_MAX and the two ends. */
  #push(at: number, t: number, most: number, levels: readonly number[], next: number[]): number {
    if (at === t) return most;
    const out = this.#out[at] as number[];
    for (; (next[at] as number) < out.length; next[at] = (next[at] as number) + 1) {
      const edge = this.#edges[out[next[at] as number] as number] as Edge;
      if (edge.capacity <= 0 || levels[edge.to] !== (levels[at] as number) + 1) continue;
      const sent = this.#push(edge.to, t, Math.min(most, edge.capacity), levels, next);
      if (sent === 0) continue;
      edge.capacity -= sent;
      (this.#edges[edge.back] as Edge).capacity += sent;
      return sent;
    }
    return 0;
  }
}
