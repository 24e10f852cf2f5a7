// Records an import in an agent's name, as statements about the same subjects: a log finds them by digest, a graph by what they say
// went into the subjects, and their reader finds the original bytes by theirs.

import type { Envelope, Signer } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import type { Keychain } from '../identity/index.ts';
import {
  IMPORT_ASSESSMENTS_MAX,
  IMPORT_DEPENDENCIES_MAX,
  IMPORT_FACT_CHARS_MAX,
  IMPORT_PARTS_MAX,
  IMPORT_PREDICATE,
  IMPORT_SUBJECTS_MAX,
  type ImportFacts,
  signAgentStatement,
} from '../statement/index.ts';
import type { ImportedAttestation } from './types.ts';

export interface SignImportInput {
  readonly imported: ImportedAttestation;
  readonly keychain: Keychain;
  readonly signer: Signer;
  readonly postQuantumSigner?: Signer;
  readonly issuedAt: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

// A name that is too long or has control characters must not keep a dependency out of the graph.
function clipped(text: string | null): string {
  const plain = (text ?? '').replace(UNPRINTABLE, ' ').slice(0, IMPORT_FACT_CHARS_MAX);
  return plain === '' ? '_' : plain;
}

/** The facts of an import, in as many parts as records are needed. Throws LIMIT_EXCEEDED beyond IMPORT_PARTS_MAX. */
function partsOf({ builder, dependencies, assessments }: ImportedAttestation): ImportFacts[] {
  const named = dependencies.flatMap(({ name, uri, digest }) =>
    digest === null ? [] : [{ name: clipped(name ?? uri), digest }],
  );
  const judged = assessments.map(({ vulnerability, status }) => ({
    vulnerability: clipped(vulnerability),
    status: clipped(status),
  }));
  const parts = Math.max(
    1,
    Math.ceil(named.length / IMPORT_DEPENDENCIES_MAX),
    Math.ceil(judged.length / IMPORT_ASSESSMENTS_MAX),
  );
  if (parts > IMPORT_PARTS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `an import takes at most ${IMPORT_PARTS_MAX} records`);
  return Array.from({ length: parts }, (_, part) => ({
    builder: builder === null ? null : clipped(builder),
    dependencies: named.slice(part * IMPORT_DEPENDENCIES_MAX, (part + 1) * IMPORT_DEPENDENCIES_MAX),
    assessments: judged.slice(part * IMPORT_ASSESSMENTS_MAX, (part + 1) * IMPORT_ASSESSMENTS_MAX),
    part,
    parts,
  }));
}

/**
 * Signs the records of an import: one, or several where its facts do not fit one. Without subjects of its own, the document itself
 * is the subject. Errors: LIMIT_EXCEEDED beyond IMPORT_SUBJECTS_MAX subjects, and those of signAgentStatement.
 */
export function signImports(input: SignImportInput): Envelope[] {
  return partsOf(input.imported).map((facts) => signOne(input, facts));
}

function signOne(input: SignImportInput, facts: ImportFacts): Envelope {
  const { imported, keychain, signer, issuedAt } = input;
  const { kind, predicateType, form, digest, bytes, envelopeId, proof } = imported;
  if (imported.subjects.length > IMPORT_SUBJECTS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `an import has at most ${IMPORT_SUBJECTS_MAX} subjects`);
  const own = imported.subjects.map((subject) => ({
    name: subject.name || subject.uri || '_',
    digest: subject.digest,
  }));
  const subjects =
    own.length > 0 ? own : [{ name: 'document', digest: { sha256: digest.slice('sha256:'.length) } }];
  const verifiedBy = proof.status === 'verified' ? [...proof.keys] : [];
  return signAgentStatement({
    predicateType: IMPORT_PREDICATE,
    predicate: {
      issuedAt,
      kind,
      predicateType,
      form,
      digest,
      bytes,
      envelope: envelopeId,
      verifiedBy,
      subjects,
      facts,
    },
    keychain,
    signer,
    ...(input.postQuantumSigner === undefined ? {} : { postQuantumSigner: input.postQuantumSigner }),
  });
}
