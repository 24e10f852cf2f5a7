// What is real and what is modelled in the cores tier, in the words that every result carries.

import type { Fidelity } from '../scenario/index.ts';

export const CORES_FIDELITY: readonly Fidelity[] = [
  { part: 'logs', is: 'real', how: 'protocol/log: keys, Merkle trees, signed heads, proofs' },
  {
    part: 'sync',
    is: 'real',
    how: 'protocol/sync: the pull machine and its answers; a share of the messages is encoded and decoded',
  },
  {
    part: 'verdicts',
    is: 'real',
    how: 'protocol/sync verifyTail and protocol/log verifyEquivocation, once for what all nodes get alike',
  },
  {
    part: 'forks',
    is: 'real',
    how: 'evidence is made and verified by protocol/log; one piece for each log travels, by gossip and by comparison, where real nodes may pass on several',
  },
  {
    part: 'revocation',
    is: 'real',
    how: 'protocol/revocation signs and verifies; its set is kept and asked at 32 nodes, the others know what their log entries say',
  },
  {
    part: 'admission',
    is: 'real',
    how: 'node/admission decides on failures; budgets of messages, bytes and time are not charged',
  },
  {
    part: 'payment channels',
    is: 'real',
    how: 'protocol/channel at both ends, with signatures; endings are judged at the end of the run, as if all had read them',
  },
  {
    part: 'reputation',
    is: 'real',
    how: 'protocol/reputation keeps the book and judges; statements count as verified, and everybody knows all of them',
  },
  {
    part: 'routing',
    is: 'real',
    how: 'protocol/routing decides at every node of an overlay of its own (sim/overlay), beside the network of the logs',
  },
  {
    part: 'gossip mesh',
    is: 'modelled',
    how: "grafts, prunes and announcements of the node's library with the node's settings, without scores, back-off and opportunistic grafts",
  },
  {
    part: 'gossip handler',
    is: 'modelled',
    how: 'the order of decisions of node/sync/head-gossip.ts, which is bound to libp2p; a gap is pulled by a whole comparison',
  },
  { part: 'storage', is: 'modelled', how: 'what is stored stays; a write takes no time' },
  {
    part: 'transport',
    is: 'modelled',
    how: 'delay, jitter, loss, a queue at the sender, cuts; a lost message is not sent again',
  },
  { part: 'cpu', is: 'absent', how: 'checking and handling take no virtual time' },
  { part: 'dht', is: 'absent', how: 'cards are not looked up' },
];
