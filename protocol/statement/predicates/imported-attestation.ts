// Reads the record of an import: an agent's word that it holds these bytes of another tool, and what it verified about them.

import { isContentId } from '../../envelope/index.ts';
import { Fields } from '../../fields/index.ts';
import type { JsonValue } from '../../json/index.ts';
import {
  IMPORT_KEYS_MAX,
  IMPORT_SUBJECTS_MAX,
  PREDICATE_TYPE_CHARS_MAX,
  SUBJECT_NAME_CHARS_MAX,
} from '../limits.ts';
import { readDigestSet } from '../read.ts';
import type { Subject } from '../types.ts';
import { AUTHORED_MEMBERS, NAME_RULE, readAuthored } from './common.ts';
import { readImportFacts } from './import-facts.ts';
import { IMPORT_FORMS, IMPORT_KINDS, type ImportPredicate } from './types.ts';

function readSubject(value: JsonValue, where: string): ImportPredicate['subjects'][number] {
  const fields = new Fields(value, where, ['name', 'digest']);
  return {
    name: fields.text('name', { max: SUBJECT_NAME_CHARS_MAX }),
    digest: readDigestSet(fields.raw('digest')),
  };
}

export function readImport(value: JsonValue): ImportPredicate {
  const members = [
    'kind',
    'predicateType',
    'form',
    'digest',
    'bytes',
    'envelope',
    'verifiedBy',
    'subjects',
    'facts',
  ];
  const fields = new Fields(value, 'imported-attestation', [...AUTHORED_MEMBERS, ...members]);
  const envelope = fields.nullableText('envelope', { max: 59 });
  if (envelope !== null && !isContentId(envelope)) fields.refuse('envelope', 'is not a content id');
  const verifiedBy = fields.textList('verifiedBy', { max: IMPORT_KEYS_MAX, item: NAME_RULE });
  if (envelope === null && verifiedBy.length > 0)
    fields.refuse('verifiedBy', 'names keys although there is no envelope');
  return {
    ...readAuthored(fields),
    kind: fields.oneOf('kind', IMPORT_KINDS),
    predicateType: fields.text('predicateType', { max: PREDICATE_TYPE_CHARS_MAX }),
    form: fields.oneOf('form', IMPORT_FORMS),
    digest: fields.digest('digest'),
    bytes: fields.integer('bytes', 1),
    envelope,
    verifiedBy,
    subjects: fields.list('subjects', { min: 1, max: IMPORT_SUBJECTS_MAX }, readSubject),
    ...(fields.has('facts') ? { facts: readImportFacts(fields.raw('facts')) } : {}),
  };
}

export function importSubjects({ subjects }: Pick<ImportPredicate, 'subjects'>): Subject[] {
  return subjects;
}
