// Execution receipts. The only door of this folder.

export { argsDigest, bytesDigest, envDigest, treeDigest } from './job-digests.ts';
export { type JointPart, jointEnvelope, RESULT_PAYLOAD_TYPE } from './joint.ts';
export {
  compareReceipts,
  isReceiptStatus,
  jobDigest,
  type ReceiptDeterministic,
  type ReceiptObserved,
  type ReceiptPredicate,
  type ReceiptStatus,
  receiptOf,
  resultDigest,
  type SignReceiptInput,
  signReceipt,
  type VerifiedReceipt,
  verifyReceipt,
} from './receipt.ts';
