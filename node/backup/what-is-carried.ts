// What of the database a backup carries. An old copy of some things does harm, so these stay behind.

/** Sub-levels that no backup has, and why. */
export const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ['guilds', 'keys of rings: what a guild has dissolved must stay unreadable'],
  ['quarantine', 'objects that nobody has vouched for'],
  ['penalties', 'peers that are shut out for minutes'],
]);

/** Sides of channels that pay: to sign on from an old state is what a cheat would do, so the payee closes such a channel with its newest. */
const PAYER_SIDE = /^!channel-sides!.*\/payer$/s;

/** True for a record that belongs into a backup. */
export function isCarried(key: Uint8Array): boolean {
  const text = new TextDecoder().decode(key);
  const name = /^!([^!]+)!/.exec(text)?.[1];
  return name !== undefined && !LEFT_OUT.has(name) && !PAYER_SIDE.test(text);
}
