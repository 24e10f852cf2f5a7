// Whether the statements of a bundle speak of given files: the question of who has a file and a bundle that came with it. Files are
// digests here; reading them is the caller's.

import type { VerifiedRow } from '../provenance/index.ts';
import type { Context } from './options.ts';
import type { Checks } from './report.ts';

/** Files that one verification may ask about: a release has three. */
export const ABOUT_FILES_MAX = 64;

/** A file whose bytes must be what a statement is about. */
export interface AboutFile {
  /** For the report alone. */
  readonly name: string;
  /** `sha256:` and 64 digits. */
  readonly digest: string;
}

/** What must be said of the files: by whom, and by which type of statement. */
export interface About {
  readonly files: readonly AboutFile[];
  /** Agent id; null for anybody. */
  readonly issuer: string | null;
  /** Predicate type, of an import that of the original; null for any. */
  readonly predicateType: string | null;
}

/** One line for each file. A statement that its own issuer revoked in the bundle speaks of nothing. */
export function checkAbout(
  checks: Checks,
  verified: readonly VerifiedRow[],
  revoked: ReadonlySet<string>,
  { about }: Context,
): void {
  if (about === null) return;
  const { files, issuer, predicateType } = about;
  const wanted = `a statement${issuer === null ? '' : ` by ${issuer}`}${predicateType === null ? '' : ` of type ${predicateType}`}`;
  for (const { digest, name } of files) {
    const speaking = verified.filter(
      ({ facts }) =>
        facts?.about.includes(digest) === true &&
        (issuer === null || facts.issuer === issuer) &&
        (predicateType === null || facts.predicateType === predicateType),
    );
    const valid = speaking.find(({ facts }) => !revoked.has(facts!.self));
    if (valid !== undefined)
      checks.add('about', true, `${name} is what ${valid.facts!.issuer} speaks of in ${valid.statementId}`);
    else if (speaking.length > 0)
      checks.add('about', false, `what was said of ${name} has been revoked by who said it`, 'NOT_IN_FORCE');
    else
      checks.add(
        'about',
        false,
        `nothing in the bundle is ${wanted} about ${name} (${digest})`,
        'SUBJECT_MISSING',
      );
  }
}
