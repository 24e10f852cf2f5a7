// What a run of one policy comes to.

export interface OverlayResult {
  readonly policy: string;
  readonly requests: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Share of requests that got no answer in three tries. */
  readonly failed: number;
  /** Relays on the way, on average. */
  readonly hops: number;
  /** Discrepancies that were reported, by what was wrong with whom they were about. */
  readonly accused: Readonly<Record<string, number>>;
}

export function resultOf(
  policy: string,
  latencies: number[],
  failed: number,
  hops: number,
  accused: ReadonlyMap<string, number>,
): OverlayResult {
  latencies.sort((a, b) => a - b);
  const requests = latencies.length;
  const at = (share: number) => latencies[Math.min(requests - 1, Math.floor(share * requests))] ?? Number.NaN;
  return {
    policy,
    requests,
    meanMs: latencies.reduce((sum, ms) => sum + ms, 0) / requests,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    failed: failed / requests,
    hops: hops / requests,
    accused: Object.fromEntries(accused),
  };
}
