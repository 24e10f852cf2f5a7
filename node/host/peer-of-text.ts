// Peer ids from their text, for those who ask the same peers again and again. Must not: hold anything that is not the text itself said anew.

import type { PeerId } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';

/** Peer ids remembered, at about 1 kB each: more than one node speaks with at once. The oldest is forgotten first. */
const PEERS_REMEMBERED_MAX = 1_024;

const remembered = new Map<string, PeerId>();

/** The peer id that a text names. Throws what the library throws on a text that names none. */
export function peerOfText(text: string): PeerId {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const peer = peerIdFromString(text);
  if (remembered.size >= PEERS_REMEMBERED_MAX) remembered.delete(remembered.keys().next().value as string);
  remembered.set(text, peer);
  return peer;
}
