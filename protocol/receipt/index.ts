// Execution receipts. The only door of this folder.

export { RESULT_PAYLOAD_TYPE } from '../statement/index.ts';
export { argsDigest, bytesDigest, envDigest, treeDigest } from './job-digests.ts';
export { type JointPart, jointEnvelope } from './joint.ts';
export {
  compareReceipts,
  isReceiptStatus,
  jobDigest,
  type ReceiptDeterministic,
  type ReceiptObserved,
  type ReceiptPredicate,
  type ReceiptStatus,
  receiptDigests,
  receiptOf,
  resultDigest,
  type SignReceiptInput,
  signReceipt,
  type VerifiedReceipt,
  verifyReceipt,
} from './receipt.ts';
