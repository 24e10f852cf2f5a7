// Checks of a replay capsule: that it is what it says, and that what it carries was signed and logged as it claims. Deciding and running
// again is not done here.

import {
  type Capsule,
  decodeCapsule,
  originalsOf,
  partOf,
  policiesOf,
  receiptFileOf,
} from '../capsule/index.ts';
import { parseCheckpoint } from '../log/index.ts';
import { decisionId, readDecisionForm } from '../policy/index.ts';
import { checkHead } from './checkpoint.ts';
import type { Context } from './options.ts';
import { checkReceiptFile } from './receipt-file.ts';
import type { Checks } from './report.ts';

/** A line for each kind of evidence in it. */
export function checkCapsuleFile(checks: Checks, bytes: Uint8Array, context: Context): void {
  const read = checks.attempt(
    'form',
    () => decodeCapsule(bytes),
    ({ capsule, digest }) => `the ${capsule.incident} ${capsule.id}, ${digest}`,
  );
  if (read === undefined) return;
  const { capsule, digest } = read;
  const { checkpoint, incident, id, redacted } = capsule;
  checks.describe({ incident, id, digest, node: capsule.node });
  if (redacted.length > 0) checks.add('redacted', true, `taken out: ${redacted.join(', ')}`);
  checkDecisions(checks, capsule);
  if (capsule.policies.length > 0)
    checks.attempt(
      'policies',
      () => policiesOf(capsule),
      (found) =>
        [...found.values()]
          .map(
            ({ name, sequence, signedBy }) =>
              `${name} ${sequence}${signedBy === null ? '' : `, signed by ${signedBy.join(' and ')}`}`,
          )
          .join('; '),
    );
  if (capsule.originals.length > 0)
    checks.attempt(
      'originals',
      () => originalsOf(capsule),
      (found) => `${found.size} cards and statements are signed by whom they name`,
    );
  checks.attempt(
    'parts',
    () => Object.keys(capsule.parts).map((part) => partOf(capsule, part)),
    (parts) => `${parts.length} parts have their digests`,
  );
  for (const receipt of capsule.receipts) {
    const file = checks.require('receipt', () => receiptFileOf(capsule, receipt));
    if (file !== undefined) checkReceiptFile(checks, file, context);
  }
  if (checkpoint !== null) {
    const head = checks.require('checkpoint', () => parseCheckpoint(checkpoint));
    if (head !== undefined) checkHead(checks, head, context);
  }
}

/** A record that was redacted has another id than the decision: that is said, and not counted as a failure. */
function checkDecisions(checks: Checks, { decisions, redacted }: Capsule): void {
  for (const [i, { id, record: value }] of decisions.entries()) {
    const record = checks.require('decision', () => readDecisionForm(value));
    if (record === undefined) continue;
    const own = decisionId(record) === id;
    const cut = redacted.some((path) => path.startsWith(`decisions/${i}/`));
    checks.add(
      'decision',
      own || cut,
      own
        ? `${record.kind} ${id} is whole`
        : cut
          ? `${record.kind} ${id} was redacted: its id binds no longer what is here`
          : `the record of ${id} was changed`,
      own || cut ? undefined : 'DECODE_FAILED',
    );
  }
}
