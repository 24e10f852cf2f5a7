// Bounds of the ledger.

/** Postings of one ledger; about 400 bytes each in memory. Past it the ledger takes nothing more and says so. */
export const POSTINGS_MAX = 1_000_000;

/** Accounts of one ledger; an escrow account of a settled channel stays, at 0. */
export const ACCOUNTS_MAX = 200_000;

/** Entries of one account that a statement shows. */
export const STATEMENT_ENTRIES_MAX = 1_000;

/** Channels whose public life one ledger follows. */
export const CHANNELS_MAX = 100_000;

/** Statements that wait for the opening of their channel, which stands in another log, and debits that wait for money. Who has most of them gives way to who has less. */
export const WAITING_MAX = 10_000;

/** Receipts that are remembered in case a close names them; about 400 bytes each. The oldest are forgotten, those that were named are not. */
export const RECEIPTS_MAX = 50_000;
