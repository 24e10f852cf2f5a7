// Lays the role of an adversary around a real node: what its gossip sends and takes, and what it answers, goes through the role, the same role
// as in the cores tier. The node itself stays as it is. Nothing here can sign for others.

import type { PeerId, Stream } from '@libp2p/interface';
import type { ZerostateNode } from '../../node/index.ts';
import type { Message } from '../cores/message.ts';
import type { Role } from '../cores/role.ts';
import type { RandomStream } from '../random.ts';

/** What a publication is called on its way through a role, and what it is called when it comes back to be spoilt. */
const AS_IT_IS = 0;
export const SPOILT = 1;
/** Answers to comparisons of logs, and of what is known of forks. */
const ANSWERS = [
  { protocol: /^\/zerostate\/[^/]+\/sync\/1$/, kind: 'answer' },
  { protocol: /^\/zerostate\/[^/]+\/log\/1$/, kind: 'forks-told' },
] as const;

/** What adversaries did in a run. */
export interface Deeds {
  withheld: number;
  spoilt: number;
  unanswered: number;
}

export interface HostileOptions {
  readonly node: ZerostateNode;
  readonly role: Role;
  readonly random: RandomStream;
  /** Number of the node that has this peer id; -1 for one that is no node of the run. */
  readonly numberOf: (peer: string) => number;
  readonly deeds: Deeds;
}

/** A message of gossipsub, as far as it is looked at. */
interface Rpc {
  messages?: { readonly data?: Uint8Array }[];
  control?: Record<'ihave' | 'iwant' | 'graft' | 'prune', unknown[] | undefined>;
}
/** Parts of the library that its types do not name. */
interface Pubsub {
  sendRpc(id: string, rpc: Rpc): boolean;
  /** Puts announcements that wait onto an RPC that goes out anyway: behind sendRpc. */
  piggybackGossip(id: string, rpc: Rpc, ihave: readonly object[]): void;
  handleReceivedRpc(from: PeerId, rpc: Rpc): Promise<void>;
}
type Handler = (stream: Stream, connection: { readonly remotePeer: PeerId }) => unknown;
interface Handling {
  handle(protocol: string | string[], handler: Handler, options?: object): Promise<void>;
}

/** Role names of the control messages of gossipsub. */
const CONTROLS = ['ihave', 'iwant', 'graft', 'prune'] as const;
const messageOf = (kind: (typeof CONTROLS)[number]): Message =>
  kind === 'graft' || kind === 'prune' ? { kind } : { kind, publications: [] };

/** Lays a role around a node that is not started. Answers how it pushes into the meshes of a peer, past the role. */
export function layRole(options: HostileOptions): (peer: string, topics: readonly string[]) => void {
  const { deeds, node, numberOf, random, role } = options;
  const pubsub = pubsubOf(node);
  const sendRpc = pubsub.sendRpc.bind(pubsub);
  const send = role.send;
  if (send !== undefined) {
    const piggyback = pubsub.piggybackGossip.bind(pubsub);
    pubsub.piggybackGossip = (id, rpc, ihave) => {
      if (send(numberOf(id), messageOf('ihave')) !== null) piggyback(id, rpc, ihave);
    };
    pubsub.sendRpc = (id, rpc) => {
      const to = numberOf(id);
      const messages = (rpc.messages ?? []).flatMap((message) => {
        const out = send(to, { kind: 'publication', publication: AS_IT_IS });
        if (out === null) deeds.withheld += 1;
        if (out?.kind !== 'publication') return [];
        if (out.publication === AS_IT_IS || message.data === undefined) return [message];
        deeds.spoilt += 1;
        return [{ ...message, data: withFlippedBit(message.data, random) }];
      });
      const kept = keptOf(rpc, (message) => send(to, message) !== null);
      return sendRpc(id, { ...rpc, messages, ...kept });
    };
    withAnswers(node, (peer, message) => send(numberOf(peer), message) !== null, deeds);
  }
  const receive = role.receive;
  if (receive !== undefined) {
    const handle = pubsub.handleReceivedRpc.bind(pubsub);
    pubsub.handleReceivedRpc = (from, rpc) => {
      const number = numberOf(String(from));
      const messages = (rpc.messages ?? []).filter(() =>
        receive(number, { kind: 'publication', publication: AS_IT_IS }),
      );
      return handle(from, { ...rpc, messages, ...keptOf(rpc, (message) => receive(number, message)) });
    };
  }
  return (peer, topics) => {
    const graft = topics.map((topicID) => ({ topicID }));
    sendRpc(peer, { messages: [], control: { ihave: [], iwant: [], graft, prune: [] } });
  };
}

/** Questions stay without an answer where the role says so: the stream stays open, and whoever asked waits. */
function withAnswers(
  node: ZerostateNode,
  isAnswered: (peer: string, message: Message) => boolean,
  deeds: Deeds,
): void {
  const host = node.host as unknown as Handling;
  const handle = host.handle.bind(host);
  host.handle = (protocol, handler, options) => {
    const found = ANSWERS.find((one) => typeof protocol === 'string' && one.protocol.test(protocol));
    if (found === undefined) return handle(protocol, handler, options);
    const message = { kind: found.kind, logs: [] } as unknown as Message;
    return handle(
      protocol,
      (stream, connection) => {
        if (isAnswered(String(connection.remotePeer), message)) return handler(stream, connection);
        deeds.unanswered += 1;
        return undefined;
      },
      options,
    );
  };
}

function keptOf(rpc: Rpc, isKept: (message: Message) => boolean): Partial<Rpc> {
  if (rpc.control === undefined) return {};
  const control = { ...rpc.control };
  for (const kind of CONTROLS) control[kind] = control[kind]?.filter(() => isKept(messageOf(kind)));
  return { control };
}

function withFlippedBit(data: Uint8Array, random: RandomStream): Uint8Array {
  const copy = data.slice();
  const at = random.below(Math.max(1, copy.length));
  copy[at] = copy[at]! ^ (1 << random.below(8));
  return copy;
}

const pubsubOf = (node: ZerostateNode): Pubsub => node.host.services.pubsub as unknown as Pubsub;
