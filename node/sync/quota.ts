// How much of the disk foreign logs may take. Pure: sizes in, a verdict out.

/** Bytes that may be kept: of one log, and of all together. */
export interface Quotas {
  readonly originBytesMax: number;
  readonly totalBytesMax: number;
}

/** Bytes that a log may still grow by; 0 when its own quota or that of all logs is used up. */
export function roomFor(
  quotas: Quotas,
  held: { readonly originBytes: number; readonly totalBytes: number },
): number {
  return Math.max(
    0,
    Math.min(quotas.originBytesMax - held.originBytes, quotas.totalBytesMax - held.totalBytes),
  );
}
