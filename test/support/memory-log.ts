// A node's log in memory, with its key, its tree and its bodies; and the follower's side of it. For tests of synchronisation.

import {
  contentIdOf,
  encodeEnvelope,
  envelopeId,
  seedSigner,
  signEnvelope,
} from '../../protocol/envelope/index.ts';
import {
  CompactTree,
  EMPTY_ROOT,
  encodeLogEntry,
  leafHash,
  type NoteSigner,
  noteSigner,
  originOf,
  peerIdOfKey,
  signCheckpoint,
} from '../../protocol/log/index.ts';
import type { Head, Tail, TailEntry, TailSource } from '../../protocol/sync/index.ts';
import { makeAgent, makeCard } from './agents.ts';
import { MemoryTree } from './merkle.ts';

/** A body (envelope bytes) and its record, the same for the same number. */
export function sampleEntry(n: number, payload = `statement ${n}`): TailEntry {
  const signer = seedSigner(new Uint8Array(32).fill(1 + (n % 7)));
  const envelope = signEnvelope({
    payloadType: 'application/x-sample',
    payload: new TextEncoder().encode(payload),
    signers: [signer],
  });
  const salt = new Uint8Array(16);
  new DataView(salt.buffer).setUint32(0, n);
  return {
    record: encodeLogEntry({ statementId: envelopeId(envelope), salt }),
    body: encodeEnvelope(envelope),
  };
}

/** The card of an agent, and its record: what a node reads and applies, the same for the same number. */
export function cardEntry(n: number): TailEntry {
  const envelope = makeCard(makeAgent(n));
  return {
    record: encodeLogEntry({ statementId: envelopeId(envelope), salt: new Uint8Array(16).fill(n) }),
    body: encodeEnvelope(envelope),
  };
}

/** A record without a body, the same for the same number. */
export function sampleRecord(n: number): Uint8Array {
  const salt = new Uint8Array(16);
  new DataView(salt.buffer).setUint32(0, n);
  return encodeLogEntry({ statementId: contentIdOf(leafHash(salt)), salt });
}

/** The writer of a log. */
export class MemoryLog implements TailSource {
  readonly signer: NoteSigner;
  readonly origin: string;
  readonly nodes: MemoryTree;
  readonly stored: TailEntry[] = [];
  checkpoint: string;
  readonly #signed = new Map<number, string>();

  /** With `roots: false` only the newest head can be signed: for large logs. */
  constructor(seed: number, options: { roots: boolean } = { roots: true }) {
    this.nodes = new MemoryTree([], options);
    this.signer = noteSigner(new Uint8Array(32).fill(seed));
    this.origin = originOf(peerIdOfKey(this.signer.publicKey));
    this.checkpoint = signCheckpoint({ origin: this.origin, size: 0, root: EMPTY_ROOT, signer: this.signer });
  }

  append(...entries: TailEntry[]): this {
    for (const entry of entries) {
      this.stored.push(entry);
      this.nodes.append(leafHash(entry.record));
    }
    this.checkpoint = this.#sign(this.stored.length, this.nodes.tree.root());
    return this;
  }

  checkpointAt(size: number): string {
    const known = this.#signed.get(size) ?? this.#sign(size, this.nodes.roots[size]!);
    this.#signed.set(size, known);
    return known;
  }

  #sign(size: number, root: Uint8Array): string {
    return signCheckpoint({ origin: this.origin, size, root, signer: this.signer });
  }

  head(): Head {
    return { origin: this.origin, size: this.stored.length, checkpoint: this.checkpoint };
  }

  entries(from: number, to: number): TailEntry[] {
    return this.stored.slice(from, to);
  }
}

/** A copy of somebody's log, grown by verified tails only. */
export class Follower implements TailSource {
  tree = new CompactTree();
  readonly nodes = new MemoryTree();
  readonly stored: TailEntry[] = [];
  checkpoint = '';
  readonly origin: string;

  constructor(origin: string) {
    this.origin = origin;
  }

  accept(tail: Tail): void {
    for (const entry of tail.entries) {
      this.stored.push({ record: entry.record, body: entry.body });
      this.nodes.append(entry.leafHash);
    }
    this.tree = tail.tree;
    if (tail.complete) this.checkpoint = tail.checkpoint.text;
  }

  head(): Head | undefined {
    return this.checkpoint === ''
      ? undefined
      : { origin: this.origin, size: this.tree.size, checkpoint: this.checkpoint };
  }

  entries(from: number, to: number): TailEntry[] {
    return this.stored.slice(from, to);
  }
}
