// What is remembered of an artifact, and in which order artifacts give way when the store is full. Pure.

/** Why an artifact is kept beyond the cache: the user's word, or a promise to a peer that ends. */
export interface Replication {
  /** Region in which copies are kept. */
  readonly region: string;
  /** Copies wanted, the own one included. */
  readonly copies: number;
  /** Peer ids of the others that are known to hold it. */
  readonly holders: readonly string[];
  /** Whose wish it is: '' for this node, else the peer that asked. */
  readonly owner: string;
  /** When the promise ends, ms since the epoch. */
  readonly until: number;
  /** The peer that asked for the copy first, whose share of the room it takes; left out where that is the owner. */
  readonly broughtBy?: string;
}

/** One artifact in the store. */
export interface ArtifactRecord {
  /** Content id of its root. */
  readonly root: string;
  /** Name that the adding user gave it; proves nothing. */
  readonly name: string;
  readonly kind: 'file' | 'folder';
  /** Bytes of content; 0 while blocks are missing. */
  readonly contentBytes: number;
  readonly entries: number;
  readonly complete: boolean;
  /** True while the user wants it kept. */
  readonly pinned: boolean;
  /** How far whoever brought it here is trusted, 0 to 1; the own user is 1. The least trusted gives way first. */
  readonly trust: number;
  readonly addedAt: number;
  readonly usedAt: number;
  readonly replication: Replication | null;
}

/** A block in the store. */
export interface HeldBlock {
  readonly bytes: number;
  /** Artifacts that it belongs to. */
  artifacts: number;
}

/** An artifact in the store, with what of it is here. */
export interface Held {
  record: ArtifactRecord;
  readonly blocks: Set<string>;
  bytes: number;
  /** Who needs it at this moment: it does not give way. */
  holds: number;
  writtenUsedAt: number;
}

/** True while a record must not give way. */
export function isKept(record: ArtifactRecord, now: number): boolean {
  return record.pinned || (record.replication !== null && record.replication.until > now);
}

/** Order of giving way: the least trusted first, among equals the least recently used. */
export function compareForEviction(a: ArtifactRecord, b: ArtifactRecord): number {
  return a.trust - b.trust || a.usedAt - b.usedAt || (a.root < b.root ? -1 : 1);
}

/** A record of an artifact that is about to arrive. */
export function freshRecord(root: string, trust: number, now: number): ArtifactRecord {
  return {
    root,
    name: '',
    kind: 'file',
    contentBytes: 0,
    entries: 0,
    complete: false,
    pinned: false,
    trust: Math.min(1, Math.max(0, trust)),
    addedAt: now,
    usedAt: now,
    replication: null,
  };
}
