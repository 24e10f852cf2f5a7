// Checks of provenance bundles, and of evidence that an index leaves something out.

import { parseCheckpoint } from '../log/index.ts';
import {
  AnswerVerifier,
  type Bundle,
  decodeBundle,
  type HeadRow,
  type VerifiedRow,
  verifyOmission,
} from '../provenance/index.ts';
import { REVOCATION_PREDICATE } from '../statement/index.ts';
import { checkAbout } from './about.ts';
import { checkHead } from './checkpoint.ts';
import { CLOCK_SKEW_MS_MAX } from './limits.ts';
import type { Context } from './options.ts';
import type { Checks } from './report.ts';

/** A bundle: every head by its log (and the policy), every statement by its issuer and its place, and what was proven to be whole. */
export function checkBundleFile(checks: Checks, bytes: Uint8Array, context: Context): void {
  const bundle = checks.attempt(
    'form',
    () => decodeBundle(bytes),
    ({ query, rows }) =>
      `a bundle of ${rows.filter(({ kind }) => kind === 'statement').length} statements about ${query.start.join(' ') || query.issuer || query.predicateTypes.join(' ')}`,
  );
  if (bundle === undefined) return;
  for (const row of bundle.rows) if (row.kind === 'head') checkOneHead(checks, row, context);
  checkRows(checks, bundle, context);
}

function checkOneHead(checks: Checks, row: HeadRow, context: Context): void {
  const head = checks.require('checkpoint', () => parseCheckpoint(row.checkpoint));
  if (head !== undefined) checkHead(checks, head, context);
}

function checkRows(checks: Checks, { query, rows }: Bundle, context: Context): void {
  const verifier = new AnswerVerifier(query);
  const verified = checks.attempt(
    'statements',
    () => rows.flatMap((row) => verifier.push(row) ?? []),
    (all) => `${all.length} are signed by their issuers and stand in their logs`,
  );
  if (verified === undefined) return;
  const ahead = verified.find(
    ({ facts }) => facts !== null && facts.issuedAt > context.now + CLOCK_SKEW_MS_MAX,
  );
  if (ahead !== undefined)
    checks.add('time', false, `${ahead.statementId} was issued after the verification time`, 'NOT_IN_FORCE');
  const report = checks.require('completeness', () => verifier.finish());
  if (report === undefined) return;
  for (const { complete, missing, origin, size, treeSize, unlisted } of report.completeness)
    checks.add(
      'completeness',
      complete,
      complete
        ? `nothing of the first ${size} of ${treeSize} entries of ${origin} is left out`
        : `of ${origin} entries ${missing.join(' ') || '-'} are left out and ${unlisted.join(' ') || '-'} not listed`,
      complete ? undefined : 'ANSWER_INVALID',
    );
  if (report.end === null) checks.add('end', false, 'the answer was cut off', 'ANSWER_INVALID');
  const revoked = revokedAmong(verified);
  checkAbout(checks, verified, revoked, context);
  checks.describe({
    statements: verified.length,
    withheld: verified.filter(({ facts }) => facts === null).length,
    issuers: new Set(verified.flatMap(({ facts }) => facts?.issuer ?? [])).size,
    revoked: revoked.size,
    notWhole: report.end?.reasons.join(' ') ?? null,
  });
}

/** Statements of the bundle that their own issuers revoke in it. A revocation that the bundle does not hold is not known here. */
function revokedAmong(verified: readonly VerifiedRow[]): Set<string> {
  const issuers = new Map(
    verified.flatMap(({ facts }) => (facts === null ? [] : [[facts.self, facts.issuer]])),
  );
  return new Set(
    verified.flatMap(({ facts }) =>
      facts?.predicateType === REVOCATION_PREDICATE
        ? facts.edges.filter(({ to }) => issuers.get(to) === facts.issuer).map(({ to }) => to)
        : [],
    ),
  );
}

/** Evidence of an omission. A report that is ok means: the log's index did leave the entry out. */
export function checkOmissionFile(checks: Checks, bytes: Uint8Array): void {
  const omission = checks.attempt(
    'omission',
    () => verifyOmission(bytes),
    ({ index, origin, thing }) =>
      `the index that ${origin} signed leaves out its entry ${index} about ${thing}`,
  );
  if (omission !== undefined) checks.describe({ ...omission });
}
