// The public JavaScript negentropy as a peer: the same items in its storage, and a session between two of its sides.

import { nip77 } from 'nostr-tools';
import type { Item } from '../../protocol/reconcile/index.ts';
import type { RandomStream } from '../../sim/random.ts';

const { Negentropy, NegentropyStorageVector } = nip77;
/** The peer's set. */
export type PeerStorage = InstanceType<typeof NegentropyStorageVector>;

/** Items as negentropy can hold them: times in seconds, since its numbers have 32 bits. */
export function benchItems(stream: RandomStream, count: number): Item[] {
  return Array.from({ length: count }, (_, i) => ({
    order: BigInt(1_700_000_000 + i),
    id: stream.bytes(32),
  }));
}

/** A sealed storage of the peer. */
export function peerStorage(items: readonly Item[]): PeerStorage {
  const storage = new NegentropyStorageVector();
  for (const { order, id } of items) storage.insert(Number(order), id.toHex());
  storage.seal();
  return storage;
}

/** Runs a session of the peer to its end. */
export function peerReconcile(
  mine: PeerStorage,
  theirs: PeerStorage,
): { bytes: number; messages: number; found: Set<string>; told: number } {
  // Frames as large as ours, so that neither side needs more rounds for its smaller frame.
  const sides = [new Negentropy(theirs, 1_000_000), new Negentropy(mine, 1_000_000)];
  const found = new Set<string>();
  let message: string | null = sides[1]!.initiate();
  let bytes = 0;
  let messages = 0;
  /** Differences that only the answering side found out. */
  let told = 0;
  while (message !== null) {
    bytes += message.length / 2;
    messages++;
    const isAsker = messages % 2 === 0;
    const learn = (id: string): void => {
      found.add(id);
      if (!isAsker) told++;
    };
    message = sides[(messages + 1) % 2]!.reconcile(message, learn, learn);
  }
  return { bytes, messages, found, told };
}
