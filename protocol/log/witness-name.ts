// Names of nodes as witnesses: `zerostate.dev/witness/<peer id>`. As with origins, the name holds the key, so a policy may list peer ids
// and nobody has to be asked for keys.

import { ZeroError } from '../errors/index.ts';
import { NOTE_COSIGNATURE_ED25519, type NoteKey } from './note.ts';
import { keyOfPeerId } from './origin.ts';

/** What the name of every node as a witness starts with. */
export const WITNESS_PREFIX = 'zerostate.dev/witness/';

/** The key under which a node cosigns. Throws KEY_INVALID when the peer id holds no Ed25519 key. */
export function witnessKeyOf(peerId: string): NoteKey {
  return {
    name: WITNESS_PREFIX + peerId,
    type: NOTE_COSIGNATURE_ED25519,
    publicKey: keyOfPeerId(peerId),
  };
}

/** Peer id of a witness that is a node. Throws KEY_INVALID for any other name. */
export function peerIdOfWitness(name: string): string {
  if (!name.startsWith(WITNESS_PREFIX)) throw new ZeroError('KEY_INVALID', 'the witness is not a node');
  const peerId = name.slice(WITNESS_PREFIX.length);
  keyOfPeerId(peerId);
  return peerId;
}
