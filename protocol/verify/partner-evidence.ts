// Checks evidence that a partner answered falsely.

import { decodePartnerEvidence, verifyPartnerEvidence } from '../partner/index.ts';
import type { Checks } from './report.ts';

export function checkPartnerEvidenceFile(checks: Checks, bytes: Uint8Array): void {
  const evidence = checks.attempt(
    'form',
    () => decodePartnerEvidence(bytes),
    () => 'evidence against a partner',
  );
  if (evidence === undefined) return;
  const finding = checks.attempt(
    'lie',
    () => verifyPartnerEvidence(evidence),
    ({ detail }) => detail,
  );
  if (finding === undefined) return;
  const { lie, origin, issuedAtMs } = finding;
  checks.describe({ lie, origin, answeredAt: new Date(issuedAtMs).toISOString() });
}
