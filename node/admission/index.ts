// Admission: budgets per peer, penalties, quarantine of what is not proven yet.

export { BUDGETS, type Budgets, decide, freshState, KINDS, type Kind, type PeerState } from './decision.ts';
export { servedPeer, servingPeer } from './inbound-peer.ts';
export { Admission, type Standing } from './ledger.ts';
