// Whom a stream goes round: relays hand it to nobody who has had it, so those are named as if they had.

/** Relays that a path shall go round: with them a header names no more than it may, and enough hops are left. */
export const AROUND_MAX = 4;

/** The same header with relays to go round that it does not name yet, so many that it names AROUND_MAX in all; each takes a hop off. */
export function goingRound<Relay, Header extends { readonly ttl: number; readonly via: readonly Relay[] }>(
  header: Header,
  relays: readonly Relay[],
): Header {
  const { ttl, via } = header;
  const more = relays.filter((relay) => !via.includes(relay)).slice(0, Math.max(0, AROUND_MAX - via.length));
  return { ...header, ttl: ttl - more.length, via: [...via, ...more] };
}
