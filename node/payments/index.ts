// Payments of a node: the ledger, channels, and the payments of tasks. The only door of this folder.

export { LocalLedger } from './local-ledger.ts';
export { makePayments, type Payments } from './make-payments.ts';
export type { Cover } from './payee-work.ts';
export type { Wanted } from './payer-desk.ts';
export { MemoryLedger, type PostingOrder, type SettlementPort } from './settlement-port.ts';
