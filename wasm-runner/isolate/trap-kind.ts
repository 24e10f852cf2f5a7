// Names the kind of a trap for people. The engine's words are the only source, so this is a detail and never part of a result.

const KINDS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['unreachable', /unreachable/],
  ['memory-out-of-bounds', /memory access|data segment/],
  ['table-out-of-bounds', /\btable\b|element segment/],
  ['indirect-call-mismatch', /signature|null function|indirect call/],
  ['divide-by-zero', /divide by zero|remainder by zero/],
  ['integer-overflow', /unrepresentable/],
];

/** Kind of a trap; `other` when the engine's words are unknown. */
export function trapKind(error: Error): string {
  return KINDS.find(([, pattern]) => pattern.test(error.message))?.[0] ?? 'other';
}
