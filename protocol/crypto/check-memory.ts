// Signatures that were found good, under the digest of key, signature and message together: whoever verified something once need not do it
// again after a restart. It holds nothing but what was checked, so that it can change no verdict, only spare the work.

/** Checks remembered, at about 0.08 kB each: three for each of some twenty thousand statements. The oldest are forgotten first. */
export const CHECKS_REMEMBERED_MAX = 65_536;
/** Bytes of a digest (SHA-256). */
const DIGEST_BYTES = 32;

/** Digests as strings, a byte a character (latin1): as the platform makes them fastest. */
const remembered = new Set<string>();

/** How many are remembered. */
export function checksRemembered(): number {
  return remembered.size;
}

/** True for a check that was remembered. */
export function isCheckRemembered(digest: string): boolean {
  return remembered.has(digest);
}

/** Remembers a check whose verification has just succeeded. */
export function rememberCheck(digest: string): void {
  if (remembered.has(digest)) return;
  if (remembered.size >= CHECKS_REMEMBERED_MAX) remembered.delete(remembered.keys().next().value as string);
  remembered.add(digest);
}

/** Digests of all checks that are remembered, the oldest first: to be kept over a restart. */
export function rememberedChecks(): Uint8Array[] {
  return [...remembered].map((name) => Uint8Array.from(name, (character) => character.charCodeAt(0)));
}

/** Takes checks for done that rememberedChecks() gave in an earlier run. The caller answers for their bytes: they are not made again. */
export function recallChecks(digests: Iterable<Uint8Array>): void {
  for (const digest of digests)
    if (digest.length === DIGEST_BYTES && remembered.size < CHECKS_REMEMBERED_MAX)
      remembered.add(String.fromCharCode(...digest));
}
