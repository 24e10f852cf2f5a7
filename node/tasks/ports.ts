// What tasks need of other parts of the node: payment, reputation, artifacts, guilds. Interfaces with a default that needs none of them.

import type { PeerId } from '@libp2p/interface';
import type { AgentCard } from '../../protocol/card/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { ReceiptPredicate } from '../../protocol/statement/index.ts';
import type { TaskManifest, VerifiedManifest } from '../../protocol/task/index.ts';
import type { Verified } from '../../protocol/verified.ts';

/** An amount in the smallest unit of a currency. */
export interface Amount {
  readonly amount: bigint;
  readonly currency: string;
}

/** How runs are paid. The requester's half promises before it asks and pays what it accepted; the executor's half looks before it runs. */
export interface TaskPayments {
  /** The most that a run within these limits costs at this card's prices; null: it is free. Throws TASK_REFUSED when it cannot be priced. */
  quote(card: AgentCard, manifest: TaskManifest): Amount | null;
  /** What a finished run costs. */
  price(card: AgentCard, receipt: ReceiptPredicate, manifest: TaskManifest): Amount | null;
  /** Makes sure that the member can be paid up to its quote, and promises it. Throws when it cannot. */
  promise(input: {
    manifest: VerifiedManifest;
    agentId: AgentId;
    token: number;
    quote: Amount;
  }): Promise<void>;
  /** Pays an accepted receipt, once per receipt; repeating it is harmless. */
  pay(input: {
    manifest: VerifiedManifest;
    agentId: AgentId;
    receiptId: string;
    owed: Amount;
  }): Promise<void>;
  /** Takes a promise back that was not used. */
  withdraw(input: { manifest: VerifiedManifest; agentId: AgentId }): Promise<void>;
  /** At the executor: throws PAYMENT_REQUIRED unless the quote of this run is promised. */
  requirePromise(input: { manifest: VerifiedManifest; agentId: AgentId; quote: Amount }): void;
  /** At the executor, before it runs: as requirePromise, and durably; the promise cannot be taken back from here on. */
  begin(input: { manifest: VerifiedManifest; agentId: AgentId; quote: Amount }): Promise<unknown>;
  /** At the executor: the run came to nothing that is owed, so the promise may be taken back. What has a receipt stays owed. */
  dropped(input: { manifest: VerifiedManifest; agentId: AgentId }): Promise<void>;
  /** Tasks for which promises of this node's agents still stand. */
  promised(): string[];
}

/** Everything is free: for networks without a currency, and for tests of all else. */
export const NO_PAYMENTS: TaskPayments = {
  quote: () => null,
  price: () => null,
  promise: async () => {},
  pay: async () => {},
  withdraw: async () => {},
  requirePromise: () => {},
  begin: async () => {},
  dropped: async () => {},
  promised: () => [],
};

/** Large parts travel as artifacts. */
export interface TaskArtifacts {
  /** Keeps bytes where others can fetch them; answers the root of their artifact. */
  share(bytes: Uint8Array): Promise<string>;
  /** The bytes of an artifact, fetched when they are not here. */
  fetch(root: string, options: { from: PeerId; bytesMax: number; signal: AbortSignal }): Promise<Uint8Array>;
}

/** The lower bound of an agent's reputation, 0 to 1000; null: no history. */
export type ReputationOf = (agentId: AgentId) => number | null;

/** What a policy is told of a task beside its manifest. */
export interface TaskPolicyFacts {
  readonly name: string;
  readonly capability: string;
  /** The agent that shall run it. */
  readonly executor: string;
  readonly fuel: string;
  readonly memoryBytes: number;
  readonly wallMs: number;
  readonly priced: boolean;
}

/** May it run here? Throws POLICY_DENIED; what it answers resolves when the decision is on record. */
export type AdmitTask = (manifest: VerifiedManifest, facts: TaskPolicyFacts) => Promise<void>;

/** Agents of a guild that may run tasks. Throws NOT_FOUND. */
export type GuildMembers = (guild: string) => AgentId[];

/** Told of what was accepted and compared; what reputation is made of. */
export interface TaskPorts {
  readonly payments: TaskPayments;
  readonly artifacts: TaskArtifacts | undefined;
  readonly reputation: ReputationOf;
  readonly guildMembers: GuildMembers | undefined;
  readonly admit: AdmitTask;
}

export const NO_PORTS: TaskPorts = {
  payments: NO_PAYMENTS,
  artifacts: undefined,
  reputation: () => null,
  guildMembers: undefined,
  admit: async () => {},
};

/** A card that verified. */
export type MemberCard = Verified<AgentCard>;
