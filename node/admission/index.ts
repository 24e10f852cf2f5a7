// Admission: budgets per peer, penalties, quarantine of what is not proven yet.

export {
  BUDGETS,
  type Budgets,
  decide,
  decideLane,
  freshState,
  KINDS,
  type Kind,
  type Lane,
  type PeerState,
  type WorkClass,
} from './decision.ts';
export { servedPeer, servingPeer } from './inbound-peer.ts';
export { Admission, type Standing } from './ledger.ts';
export { Overload, overloadedText, RETRY_MS } from './overload.ts';
