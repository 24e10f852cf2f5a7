// The verifier: one call for every kind of file, offline by construction. It never throws for what is in a file.

import { AGENT_CARD_TYPE } from '../card/index.ts';
import type { Envelope } from '../envelope/index.ts';
import type { JsonObject } from '../json/index.ts';
import { receiptOf, type VerifiedReceipt } from '../receipt/index.ts';
import { STATEMENT_PAYLOAD_TYPE } from '../statement/index.ts';
import { checkCardFile } from './card.ts';
import { checkCheckpointFile, checkEquivocationFile, checkProofFile } from './checkpoint.ts';
import { type Context, contextOf, type VerifyOptions } from './options.ts';
import { checkPartnerEvidenceFile } from './partner-evidence.ts';
import { checkBundleFile, checkOmissionFile } from './provenance.ts';
import { checkReceiptFile } from './receipt-file.ts';
import { Checks, type Kind, type Report } from './report.ts';
import { sniff } from './sniff.ts';
import { checkStatementFile } from './statement.ts';

/**
 * Verifies a file: a receipt file, an envelope (card or statement; JSON or wire bytes), a checkpoint, a log proof, a
 * provenance bundle, or evidence of equivocation, of an omission, or against a partner. The report holds a line for each check; `ok` means that all hold. Throws only for wrong options.
 */
export function verify(bytes: Uint8Array, options: VerifyOptions): Report {
  const context = contextOf(options);
  const checks = new Checks();
  const kind = run(checks, bytes, context);
  if (context.about !== null && kind !== 'provenance-bundle')
    checks.add('about', false, 'only a provenance bundle speaks of other files', 'SUBJECT_MISSING');
  return checks.report(kind, context.now);
}

/** A receipt file that was read and verified: nobody needs to do either again. */
export interface VerifiedReceiptFile {
  /** All of its checks hold only when this says so. */
  readonly report: Report;
  /** Undefined when its signature does not hold; to be believed when the report is ok. */
  readonly receipt: VerifiedReceipt | undefined;
  /** Its members as they were read; undefined when the bytes are no receipt file. */
  readonly file: JsonObject | undefined;
}

/** As `verify`, of a receipt file only, with the receipt that was verified. */
export function verifyReceiptFile(bytes: Uint8Array, options: VerifyOptions): VerifiedReceiptFile {
  const context = contextOf(options);
  const checks = new Checks();
  const found = checks.require('form', () => sniff(bytes));
  if (found?.form !== 'receipt-file') {
    if (found !== undefined) checks.add('form', false, 'not a receipt file', 'DECODE_FAILED');
    return { report: checks.report('unknown', context.now), receipt: undefined, file: undefined };
  }
  const agent = checkReceiptFile(checks, found.file, context);
  return {
    report: checks.report('receipt-file', context.now),
    receipt: agent === undefined ? undefined : receiptOf(agent),
    file: found.file,
  };
}

function run(checks: Checks, bytes: Uint8Array, context: Context): Kind {
  const found = checks.require('form', () => sniff(bytes));
  if (found === undefined) return 'unknown';
  switch (found.form) {
    case 'receipt-file':
      checkReceiptFile(checks, found.file, context);
      return 'receipt-file';
    case 'equivocation':
      checkEquivocationFile(checks, bytes);
      return 'equivocation';
    case 'partner-evidence':
      checkPartnerEvidenceFile(checks, bytes);
      return 'partner-evidence';
    case 'provenance-bundle':
      checkBundleFile(checks, bytes, context);
      return 'provenance-bundle';
    case 'omission':
      checkOmissionFile(checks, bytes);
      return 'omission';
    case 'log-proof':
      checkProofFile(checks, bytes, context);
      return 'log-proof';
    case 'checkpoint':
      checkCheckpointFile(checks, bytes, context);
      return 'checkpoint';
    case 'envelope':
      return checkEnvelopeFile(checks, found.envelope, context);
  }
}

function checkEnvelopeFile(checks: Checks, envelope: Envelope, context: Context): Kind {
  if (envelope.payloadType === AGENT_CARD_TYPE) {
    checkCardFile(checks, envelope, context.now);
    return 'agent-card';
  }
  if (envelope.payloadType === STATEMENT_PAYLOAD_TYPE) {
    checkStatementFile(checks, envelope, context);
    return 'statement';
  }
  checks.add('form', false, 'the envelope holds no kind of payload that is known here', 'DECODE_FAILED');
  return 'unknown';
}
