// Records an import in an agent's name, as a statement about the same subjects: a log finds it by digest, and its reader finds
// the original bytes by theirs.

import type { Envelope, Signer } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import type { Keychain } from '../identity/index.ts';
import { IMPORT_PREDICATE, IMPORT_SUBJECTS_MAX, signAgentStatement } from '../statement/index.ts';
import type { ImportedAttestation } from './types.ts';

export interface SignImportInput {
  readonly imported: ImportedAttestation;
  readonly keychain: Keychain;
  readonly signer: Signer;
  readonly postQuantumSigner?: Signer;
  readonly issuedAt: string;
}

/**
 * Signs the record of an import. Without subjects of its own, the document itself is the subject.
 * Errors: LIMIT_EXCEEDED beyond IMPORT_SUBJECTS_MAX subjects, and those of signAgentStatement.
 */
export function signImport(input: SignImportInput): Envelope {
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
    },
    keychain,
    signer,
    ...(input.postQuantumSigner === undefined ? {} : { postQuantumSigner: input.postQuantumSigner }),
  });
}
