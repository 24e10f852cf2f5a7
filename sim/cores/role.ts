// What an adversary can do in the cores tier: a role is laid around an honest node and sees what goes in and out of it. It may
// withhold, replace, answer falsely and send on its own; it cannot sign for others. Types only; the roles are in adversaries/.

import type { RandomStream } from '../random.ts';
import type { AdversarySpec } from '../scenario/index.ts';
import type { Message, PublicationId } from './message.ts';

/** Which part of a publication is spoilt: each is caught by another check. */
export type Spoilt = 'signature' | 'body' | 'proof';

/** What a role may ask of its place in the network. */
export interface RoleContext {
  /** Number of the node that plays the role. */
  readonly node: number;
  readonly spec: AdversarySpec;
  /** A stream of its own: what an adversary draws shifts nobody else's numbers. */
  readonly random: RandomStream;
  /** Virtual microseconds. */
  now(): number;
  /** Nodes that it is connected to. */
  neighbours(): readonly number[];
  /** True when that node follows the same plan: adversaries know each other. */
  isAccomplice(node: number): boolean;
  /** Sends a message to a neighbour past the role itself. */
  send(to: number, message: Message): void;
  /** A spoilt copy of a publication: it looks new and proves nothing. Answers the original when there is no room for more. */
  spoil(publication: PublicationId, part: Spoilt): PublicationId;
  /** Writers that this node is: what it equivocates about. Empty for most. */
  ownLogs(): readonly number[];
  /** Shows two histories of an own log, each to every second neighbour. */
  equivocate(log: number): void;
  /** Leaves and comes back under a new identity: penalties stay with the old one. */
  rejoin(): void;
}

/** What it says of others, and how it forwards. Every part may be absent: then the node is honest there. */
export interface Role {
  /** A message is about to leave: what is sent instead. Null withholds it. */
  send?(to: number, message: Message): Message | null;
  /** A message came in. False: the honest part never sees it. */
  receive?(from: number, message: Message): boolean;
  /** Called with each heartbeat. */
  tick?(): void;
  /** The tasks that it claims to have accepted of another agent, given how many there were. */
  praise?(about: number, earned: number): number;
  /** The share of packets that it drops, and what it says of its links as a factor of their true cost. */
  readonly relay?: { readonly dropped: number; readonly costFactor: number };
}

/** Makes the role of one node. */
export type RoleMaker = (context: RoleContext) => Role;
/** Roles by kind, as adversaries/ exports them. A scenario with a kind that is absent is refused. */
export type RoleBook = Readonly<Partial<Record<AdversarySpec['kind'], RoleMaker>>>;
