// The ledger: balanced postings, the book of accounts, and what follows from channels. The only door of this folder.

export { type AccountEntry, type Balance, Book, type BookReport } from './book.ts';
export {
  acceptPublic,
  addPosting,
  outcomeOfPublic,
  type PublicChannel,
  payOut,
  publicChannel,
} from './channels.ts';
export * from './limits.ts';
export { type ChannelNews, type IssuePolicy, NetworkLedger } from './network-ledger.ts';
export {
  type Account,
  agentAccount,
  checkBalanced,
  escrowAccount,
  feesAccount,
  issuanceAccount,
  type LedgerKind,
  type LedgerPosting,
  type Line,
  postingOfStatement,
  samePosting,
} from './posting.ts';
