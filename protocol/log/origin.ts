// Log origins of nodes: `zerostate.dev/log/<peer id>`. A libp2p peer id of an Ed25519 key holds the key itself, so an origin
// names the only key that may sign for it, and no directory has to be asked.

import { base58btc } from 'multiformats/bases/base58';
import { concatBytes, equalBytes } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';

/** What every node's log origin starts with. */
export const ORIGIN_PREFIX = 'zerostate.dev/log/';

// identity multihash (0x00), 36 bytes: protobuf { type: Ed25519 (1), data: 32 bytes }
const PEER_ID_PREFIX: Uint8Array = Uint8Array.fromHex('002408011220');
const PUBLIC_KEY_BYTES = 32;
/** Base58 length of such a peer id; a bound before the quadratic decoder. */
const PEER_ID_CHARS = 52;

/** Peer id text of a 32-byte Ed25519 key. */
export function peerIdOfKey(publicKey: Uint8Array): string {
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw new ZeroError('KEY_INVALID', 'key is not 32 bytes');
  return base58btc.baseEncode(concatBytes(PEER_ID_PREFIX, publicKey));
}

/** Ed25519 key of a peer id text. Throws KEY_INVALID for any other kind of peer id. */
export function keyOfPeerId(peerId: string): Uint8Array {
  if (peerId.length !== PEER_ID_CHARS)
    throw new ZeroError('KEY_INVALID', 'peer id does not hold an Ed25519 key');
  let bytes: Uint8Array;
  try {
    bytes = base58btc.baseDecode(peerId);
  } catch (cause) {
    throw new ZeroError('KEY_INVALID', 'peer id is not base58', { cause });
  }
  const prefix = bytes.subarray(0, PEER_ID_PREFIX.length);
  if (bytes.length !== PEER_ID_PREFIX.length + PUBLIC_KEY_BYTES || !equalBytes(prefix, PEER_ID_PREFIX)) {
    throw new ZeroError('KEY_INVALID', 'peer id does not hold an Ed25519 key');
  }
  return bytes.slice(PEER_ID_PREFIX.length);
}

/** Log origin of a peer id. */
export function originOf(peerId: string): string {
  return ORIGIN_PREFIX + peerId;
}

/** Peer id of a log origin. Throws KEY_INVALID when the origin is not a node's. */
export function peerIdOfOrigin(origin: string): string {
  if (!origin.startsWith(ORIGIN_PREFIX)) throw new ZeroError('KEY_INVALID', 'origin is not of a node');
  const peerId = origin.slice(ORIGIN_PREFIX.length);
  keyOfPeerId(peerId);
  return peerId;
}

/** The 32-byte Ed25519 key that signs for an origin. Throws KEY_INVALID when the origin is not a node's. */
export function originKey(origin: string): Uint8Array {
  if (!origin.startsWith(ORIGIN_PREFIX)) throw new ZeroError('KEY_INVALID', 'origin is not of a node');
  return keyOfPeerId(origin.slice(ORIGIN_PREFIX.length));
}
