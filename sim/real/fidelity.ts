// What is real in tiers T1 and T0, and what is not.

import type { Fidelity } from '../scenario/index.ts';

/** What is the same wherever real nodes run. */
const SHARED: readonly Fidelity[] = [
  {
    part: 'statements',
    is: 'real',
    how: 'cards of fresh agents, signed, logged and published; their size is what it is',
  },
  { part: 'churn', is: 'real', how: 'nodes are stopped, and opened again with what they stored' },
  {
    part: 'messages',
    is: 'modelled',
    how: 'what is counted is pieces of a connection, as they were written',
  },
  { part: 'reach', is: 'modelled', how: 'only neighbours of the topology can dial each other' },
  {
    part: 'clocks',
    is: 'real',
    how: "what a node takes for the time is off by network.clocks; libp2p's own is not",
  },
  {
    part: 'adversaries',
    is: 'modelled',
    how: 'real nodes whose gossip and answers go through the roles of T2; an equivocator is one key on two machines',
  },
];

/** Told with every result of T1. */
export const VIRTUAL_FIDELITY: readonly Fidelity[] = [
  {
    part: 'node',
    is: 'real',
    how: 'openNode() with every service; databases are LevelDB in a temporary folder',
  },
  { part: 'libp2p', is: 'real', how: 'connections, yamux, identify, ping, kad-dht and gossipsub, unpatched' },
  { part: 'encryption', is: 'modelled', how: 'plaintext in place of Noise, which draws fresh keys natively' },
  {
    part: 'transport',
    is: 'modelled',
    how: 'a wire with delay, jitter, bandwidth, loss felt as TCP resends, and cuts',
  },
  { part: 'time', is: 'modelled', how: 'virtual; computing and the disk take none of it' },
  { part: 'entropy', is: 'modelled', how: 'one seeded stream in place of Math.random and node:crypto' },
  ...SHARED,
];

/** Told with every result of T0. */
export const TCP_FIDELITY: readonly Fidelity[] = [
  { part: 'node', is: 'real', how: 'openNode() with every service and its database, all in one process' },
  { part: 'libp2p', is: 'real', how: 'TCP, Noise, yamux, identify, ping, kad-dht and gossipsub, unpatched' },
  { part: 'time', is: 'real', how: "the machine's: runs differ, and computing takes time" },
  { part: 'links', is: 'modelled', how: 'what a socket gets is held back as long as the wire says' },
  ...SHARED,
];
