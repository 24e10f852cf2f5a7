// Verifies a replay capsule: that it is what it says, and that what it carries was signed and logged as it claims. Deciding and running again
// is not done here. Apart from protocol/verify, which strangers run in a browser and which knows no policies.

import { utf8 } from '../bytes/index.ts';
import { isZeroError } from '../errors/index.ts';
import { decisionId, readDecisionForm } from '../policy/index.ts';
import { type Check, type Report, type VerifyOptions, verify } from '../verify/index.ts';
import { type Capsule, decodeCapsule, isCapsule } from './capsule.ts';
import { exporterOf } from './exporter.ts';
import { requireOneIncident } from './incident.ts';
import { originalsOf, partOf, policiesOf, receiptFileOf, requireCited } from './originals.ts';

/** Verifies any file of the network: a capsule here, any other as `verify` does. Throws only for wrong options. */
export function verifyWithCapsules(bytes: Uint8Array, options: VerifyOptions): Report {
  return isCapsule(bytes) ? verifyCapsule(bytes, options) : verify(bytes, options);
}

/** A line for each kind of evidence in a capsule, and the lines of what is verified apart. */
function verifyCapsule(bytes: Uint8Array, options: VerifyOptions): Report {
  const checks: Check[] = [];
  const attempt = <T>(name: string, work: () => T, detail: (value: T) => string): T | undefined => {
    try {
      const value = work();
      checks.push({ name, ok: true, detail: detail(value) });
      return value;
    } catch (error) {
      if (!isZeroError(error)) throw error;
      checks.push({ name, ok: false, detail: error.message, code: error.code });
      return undefined;
    }
  };
  const read = attempt(
    'form',
    () => decodeCapsule(bytes),
    ({ capsule, digest }) => `the ${capsule.incident} ${capsule.id}, ${digest}`,
  );
  if (options.about !== undefined)
    checks.push({
      name: 'about',
      ok: false,
      detail: 'only a provenance bundle speaks of other files',
      code: 'SUBJECT_MISSING',
    });
  const report = (subject: Report['subject']): Report => ({
    ok: checks.every(({ ok }) => ok),
    kind: 'capsule',
    checks,
    subject,
    verifiedAt: new Date(options.now).toISOString(),
  });
  if (read === undefined) return report({});
  const { capsule, digest } = read;
  const { checkpoint, id, incident, node, redacted } = capsule;
  if (redacted.length > 0)
    checks.push({ name: 'redacted', ok: true, detail: `taken out: ${redacted.join(', ')}` });
  attempt(
    'incident',
    () => requireOneIncident(capsule),
    () => 'what is in it is of one incident, the one that it names',
  );
  attempt('exporter', () => exporterOf(capsule), exporterText);
  checks.push(...decisionChecks(capsule));
  if (capsule.policies.length > 0)
    attempt(
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
  if (capsule.originals.length + capsule.decisions.length > 0)
    attempt(
      'originals',
      () => {
        requireCited(capsule);
        return originalsOf(capsule);
      },
      (found) =>
        `${found.size} cards and statements are signed by whom they name${capsule.absent.length === 0 ? '' : `, ${capsule.absent.length} more are named as absent`}`,
    );
  attempt(
    'parts',
    () => Object.keys(capsule.parts).map((part) => partOf(capsule, part)),
    (parts) => `${parts.length} parts have their digests`,
  );
  for (const receipt of capsule.receipts) {
    const file = attempt(
      'receipt',
      () => receiptFileOf(capsule, receipt),
      () => 'a receipt file',
    );
    if (file !== undefined) checks.push(...verify(utf8(JSON.stringify(file)), options).checks);
  }
  if (checkpoint !== null) checks.push(...verify(utf8(checkpoint), options).checks);
  return report({ incident, id, digest, node });
}

/** What is said of who exported a capsule. */
export const exporterText = (exporter: string | null): string =>
  exporter === null
    ? 'nobody signed it as a whole: what is in it is bound apart, and something may have been taken out'
    : `exported by the node ${exporter}, which signed all of it`;

/** A record that was redacted has another id than the decision: that is said, and not counted as a failure. */
function decisionChecks({ decisions, redacted }: Capsule): Check[] {
  return decisions.map(({ id, record: value }, i): Check => {
    try {
      const record = readDecisionForm(value);
      const own = decisionId(record) === id;
      const cut = redacted.some((path) => path.startsWith(`decisions/${i}/`));
      if (own) return { name: 'decision', ok: true, detail: `${record.kind} ${id} is whole` };
      return cut
        ? {
            name: 'decision',
            ok: true,
            detail: `${record.kind} ${id} was redacted: its id binds no longer what is here`,
          }
        : { name: 'decision', ok: false, detail: `the record of ${id} was changed`, code: 'DECODE_FAILED' };
    } catch (error) {
      if (!isZeroError(error)) throw error;
      return { name: 'decision', ok: false, detail: error.message, code: error.code };
    }
  });
}
