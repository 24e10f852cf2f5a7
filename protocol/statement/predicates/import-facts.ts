// Reads what an importer found in another tool's attestation: enough to place its subjects in a graph without the original bytes.

import { Fields } from '../../fields/index.ts';
import type { JsonValue } from '../../json/index.ts';
import { readDigestSet } from '../read.ts';
import type { DigestSet } from '../types.ts';

/** Dependencies of one record: with their digests some 25 kB. A larger document takes several records of the same original. */
export const IMPORT_DEPENDENCIES_MAX = 128;
/** Assessments of one record: some 10 kB. */
export const IMPORT_ASSESSMENTS_MAX = 64;
/** Records that tell of one original: 32,768 dependencies. */
export const IMPORT_PARTS_MAX = 256;
/** Characters of a dependency's name, a vulnerability, a status or a builder; longer ones are cut by the importer. */
export const IMPORT_FACT_CHARS_MAX = 128;

/** What an importer read in an original. Things without a digest have no place in the graph and stay in the original. */
export type ImportFacts = {
  builder: string | null;
  dependencies: { name: string; digest: DigestSet }[];
  assessments: { vulnerability: string; status: string }[];
  /** Which part of the facts this is, from 0, and of how many. */
  part: number;
  parts: number;
};

const FACT = { max: IMPORT_FACT_CHARS_MAX };

/** The facts in a record. Errors: DECODE_FAILED. */
export function readImportFacts(value: JsonValue): ImportFacts {
  const where = 'imported-attestation.facts';
  const fields = new Fields(value, where, ['builder', 'dependencies', 'assessments', 'part', 'parts']);
  const parts = fields.integer('parts', 1, IMPORT_PARTS_MAX);
  return {
    builder: fields.nullableText('builder', FACT),
    dependencies: fields.list('dependencies', { max: IMPORT_DEPENDENCIES_MAX }, (item, at) => {
      const each = new Fields(item, at, ['name', 'digest']);
      return { name: each.text('name', FACT), digest: readDigestSet(each.raw('digest')) };
    }),
    assessments: fields.list('assessments', { max: IMPORT_ASSESSMENTS_MAX }, (item, at) => {
      const each = new Fields(item, at, ['vulnerability', 'status']);
      return { vulnerability: each.text('vulnerability', FACT), status: each.text('status', FACT) };
    }),
    part: fields.integer('part', 0, parts - 1),
    parts,
  };
}
