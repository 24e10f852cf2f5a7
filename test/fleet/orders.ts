// What the test asks of a host process of the fleet, and what it answers. Plain data: it goes through a pipe.

import type { Link } from './link.ts';
import type { Memory } from './memory.ts';

/** A node to start. */
export interface StartOrder {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** How a node stands. */
export interface NodeStanding {
  readonly name: string;
  readonly peerId: string;
  readonly address: string;
  readonly cards: number;
  /** Revocations that it has verified and taken. */
  readonly revocations: number;
  readonly peers: number;
  readonly connections: number;
  /** Results of tasks that it keeps for requesters that come back. */
  readonly results: number;
  /** Peers that gossip heads with it. */
  readonly meshed: number;
  /** Fresh index nodes that it has heard of. */
  readonly indexes: number;
  /** Peers that it has shut out. */
  readonly penalized: number;
  /** Digest of what it holds of all logs. */
  readonly state: string;
}

/** One agent that was published. */
export interface Published {
  readonly name: string;
  readonly agentId: string;
  /** Milliseconds of the machine's steady clock, the same for all processes. */
  readonly startedMs: number;
  readonly doneMs: number;
}

/** What a question to discovery brought. */
export interface Found {
  readonly ms: number;
  /** Cards that passed every check. */
  readonly results: number;
  /** Of these: whose score was computed again in time. */
  readonly computed: number;
  /** Why there was no answer. */
  readonly error: string | null;
}

/** Orders by name: arguments and answer. */
export interface Orders {
  /** First of all: what this process is like. */
  prepare: [{ folder: string; link?: Link; seed: number; antiEntropy?: boolean }, null];
  start: [StartOrder, NodeStanding];
  stop: [{ name: string }, null];
  standing: [null, NodeStanding[]];
  /** What the whole process holds after a collection, and its nodes. */
  memory: [null, Memory & { nodes: number }];
  /** Publishes cards on one node, all of them at once. */
  publish: [{ name: string; labels: readonly string[] }, Published[]];
  /** Publishes drafts as they are. */
  publishDrafts: [{ name: string; drafts: readonly unknown[] }, null];
  /** Asks discovery one question; how many answers came, and in what time. */
  find: [{ name: string; text: string; limit: number }, Found];
  revoke: [{ name: string; agentId: string }, { startedMs: number; doneMs: number }];
  /** Every node of this process obeys the quarantine orders of this agent from here on. */
  obey: [{ agentId: string }, null];
  quarantine: [{ name: string; by: string; agentId: string }, { startedMs: number; order: string }];
  release: [{ name: string; order: string; evidence: string }, { startedMs: number }];
  /** Cards that a node refuses as revoked: every card is judged, so this is not for looking again and again. */
  refused: [{ name: string }, number];
  /** Runs a small module on one of these agents; answers how it ended. */
  task: [
    { name: string; members: readonly string[]; seconds: number },
    { taskId: string; phase: string; ms: number },
  ];
  /** How these tasks of a node stand now, in words; "unknown" for one that it does not remember. */
  phases: [{ name: string; taskIds: readonly string[] }, string[]];
  /** Agents whose newest card a node has, and those that it refuses as revoked. */
  agents: [{ name: string }, { known: string[]; refused: string[] }];
  /** The node's clock is off by so much from here on. */
  clock: [{ name: string; offsetMs: number }, null];
  /** Every write of every database of this process fails from here on, or works again. */
  disk: [{ broken: boolean }, null];
  /** When each node of this process took a card ("card id"), refused one ("revoked id", "held id"), let it go ("released id") or heard a plain message ("plain n"). */
  seen: [{ what: string }, { name: string; atMs: number }[]];
  /** Subscribes every node to a plain topic; answers the least number of subscribers that a node sees. */
  plain: [null, number];
  shout: [{ name: string; number: number; bytes: number }, { startedMs: number }];
  /** Puts a fresh card into the DHT and nowhere else. */
  put: [{ name: string; label: string }, { agentId: string; holders: number }];
  resolve: [{ name: string; agentId: string }, { found: boolean; ms: number }];
  ping: [{ name: string }, { ms: number | null }];
  /** The sum of a metric's samples whose labels contain a text, over all nodes. */
  metric: [{ name: string; labels: string; node?: string }, number];
  /** Starts a CPU profile, or with a file ends the one that runs and writes it there. Answers CPU milliseconds of the process so far. */
  profile: [{ file: string | null }, number];
  /** CPU milliseconds of the process, and streams begun at its nodes, so far. */
  work: [null, { cpuMs: number; streams: number }];
  end: [null, null];
}

export type OrderName = keyof Orders;

/** Milliseconds of the machine's steady clock. */
export function steadyMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
