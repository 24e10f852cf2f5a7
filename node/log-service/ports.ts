// What the log service offers to other parts of a node. Types only, so that nobody depends on how it is done.

/** How a quorum of witnesses is judged: by the peers that the configuration names, by any peers, by a policy file, or not at all. */
export type WitnessPolicyKind = 'named' | 'peers' | 'file' | 'none';

/** Who vouches for a head, by this node's policy. */
export interface WitnessQuorum {
  readonly origin: string;
  readonly size: number;
  readonly policy: WitnessPolicyKind;
  /** Witnesses that the policy knows for this head, and how many of them it asks for. */
  readonly known: number;
  readonly required: number;
  /** Those that vouch. `peerId` is null for a witness that is no node. */
  readonly counted: readonly { readonly name: string; readonly peerId: string | null; readonly at: string }[];
  readonly reached: boolean;
  /** Time to which a quorum vouches for the head (RFC 3339); null without one. */
  readonly asOf: string | null;
}

/** A signed head that was kept. */
export interface CheckpointRecord {
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** The whole signed note, with the cosignatures that are known. */
  readonly checkpoint: string;
  readonly witnesses: WitnessQuorum;
}

/** A proof that an entry is in a log, for anybody. */
export interface EntryProof {
  readonly origin: string;
  readonly index: number;
  /** Size of the head that the proof leads to. */
  readonly size: number;
  readonly statementId: string;
  /** Text of a C2SP tlog-proof that carries the record: `zerostate verify` takes it as it is. */
  readonly proof: string;
  readonly witnesses: WitnessQuorum;
  /** True when the log is known to have signed two histories: what it proves is worth nothing more. */
  readonly isForked: boolean;
}

/** Reading what logs proved, and who vouches for it. */
export interface LogProofs {
  /** Kept heads of a log, the largest first; at most 256 in one answer. Throws NOT_FOUND when the log is not held. */
  checkpointHistory(
    origin: string,
    options?: { readonly below?: number; readonly limit?: number },
  ): Promise<CheckpointRecord[]>;
  /** Who vouches for the head of this size (default: the newest). Throws NOT_FOUND when no such head is kept. */
  witnessQuorumOf(origin: string, size?: number): Promise<WitnessQuorum>;
  /**
   * Proves an entry under the newest head that a quorum vouches for and that holds it, else under the newest one; `size` asks for one head.
   * Throws NOT_FOUND when the entry or the head is not held, DATA_CORRUPT when the store is damaged.
   */
  proveEntry(origin: string, index: number, options?: { readonly size?: number }): Promise<EntryProof>;
}

/** Where a statement has to be before its publisher is told that it is kept. */
export type Durability = { readonly mode: 'local' } | { readonly mode: 'quorum'; readonly copies: number };

/** One copy elsewhere, as its holder said it. */
export interface ConfirmedCopy {
  readonly peerId: string;
  /** When this node had the answer, and what the holder proved by it (RFC 3339, base64 of the signed note). */
  readonly at: string;
  readonly note: string;
}

/** What is durable where. It says nothing that was not seen. */
export interface DurabilityReport {
  readonly origin: string;
  readonly index: number;
  readonly statementId: string;
  readonly asked: Durability;
  /** The entry and its body are in this node's database, and the write was flushed (fsync) before this was said. */
  readonly local: boolean;
  /** Other nodes that hold entry and body, by their signed answer to a question that only a holder of the body can answer. */
  readonly copies: readonly ConfirmedCopy[];
  /** Nodes that were asked and did not answer so, with the reason. */
  readonly missing: readonly { readonly peerId: string; readonly reason: string }[];
  /** Whether what was asked for is reached. */
  readonly reached: boolean;
  /** One sentence for people. */
  readonly claim: string;
}

/** Copies of an entry elsewhere. */
export interface LogDurability {
  /** Waits until an entry of the own log is as durable as asked (default: the configured mode), or the time is up. */
  confirmDurable(
    index: number,
    options?: { readonly durability?: Durability; readonly signal?: AbortSignal },
  ): Promise<DurabilityReport>;
}
