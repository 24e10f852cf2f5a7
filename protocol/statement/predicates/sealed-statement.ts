// Reads sealed statements: the public part of a statement that is private. It commits to the statement and to each of its parts, salted, and
// says no more of it than its issuer left open.

import { Fields } from '../../fields/index.ts';
import type { JsonValue } from '../../json/index.ts';
import {
  PREDICATE_TYPE_CHARS_MAX,
  SEALED_DIGESTS_MAX,
  SEALED_SUBJECTS_MAX,
  SUBJECT_NAME_CHARS_MAX,
} from '../limits.ts';
import { readDigestSet } from '../read.ts';
import type { Subject } from '../types.ts';
import { AUTHORED_MEMBERS, readAuthored, subjectOfDigest } from './common.ts';
import type { SealedPredicate } from './types.ts';

const DIGEST = { min: 64, max: 64, pattern: /^[0-9a-f]{64}$/ };
const MEMBERS = ['sealedType', 'subjects', 'commitment', 'disclosures'];

function readSubject(value: JsonValue, where: string): SealedPredicate['subjects'][number] {
  const fields = new Fields(value, where, ['name', 'digest']);
  return {
    name: fields.text('name', { max: SUBJECT_NAME_CHARS_MAX }),
    digest: readDigestSet(fields.raw('digest')),
  };
}

export function readSealed(value: JsonValue): SealedPredicate {
  const fields = new Fields(value, 'sealed-statement', [...AUTHORED_MEMBERS, ...MEMBERS]);
  const disclosures = fields.textList('disclosures', { min: 1, max: SEALED_DIGESTS_MAX, item: DIGEST });
  // In the order of the parts they would say which is which.
  if (disclosures.some((digest, i) => i > 0 && digest < (disclosures[i - 1] as string)))
    fields.refuse('disclosures', 'is not sorted');
  return {
    ...readAuthored(fields),
    sealedType: fields.nullableText('sealedType', { max: PREDICATE_TYPE_CHARS_MAX }),
    subjects: fields.list('subjects', { max: SEALED_SUBJECTS_MAX }, readSubject),
    commitment: fields.digest('commitment'),
    disclosures,
  };
}

/** The open subjects; where all are hidden, the commitment stands for them. */
export function sealedSubjects({
  subjects,
  commitment,
}: Pick<SealedPredicate, 'subjects' | 'commitment'>): Subject[] {
  return subjects.length > 0 ? subjects : [subjectOfDigest('sealed', commitment)];
}
