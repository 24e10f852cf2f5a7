// Execution receipts. The only door of this folder.

export {
  compareReceipts,
  isReceiptStatus,
  jobDigest,
  type ReceiptDeterministic,
  type ReceiptObserved,
  type ReceiptPredicate,
  type ReceiptStatus,
  resultDigest,
  type SignReceiptInput,
  signReceipt,
  type VerifiedReceipt,
  verifyReceipt,
} from './receipt.ts';
