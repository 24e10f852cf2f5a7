// The verifier that strangers run: `import { verify } from 'zerostate/verify'`. Offline by construction, in Node and in a browser.

export { ABOUT_FILES_MAX, type About, type AboutFile } from './about.ts';
export { CAPSULE_FILES_MAX, CLOCK_SKEW_MS_MAX, RECEIPT_FILE_KIND, VERIFY_FILE_BYTES_MAX } from './limits.ts';
export type { KnownCard, ReadCard, VerifyOptions } from './options.ts';
export { type ReceiptFile, type ReplayCapsule, readReceiptFile } from './receipt-file.ts';
export type { Check, Kind, Report, Subject } from './report.ts';
export { type VerifiedReceiptFile, verify, verify as verifyFile, verifyReceiptFile } from './verify.ts';
