// Attestations of other tools: SLSA provenance, CycloneDX, SPDX, OpenVEX. The only door of this folder.

export {
  type ImportTrust,
  importAttestation,
  importAttestations,
  type ReadAttestation,
  readAttestations,
} from './import.ts';
export { kindOfPredicateType } from './kinds.ts';
export * from './limits.ts';
export { publicKeyOfPem } from './pem.ts';
export { type SignImportInput, signImports } from './record.ts';
export type {
  Assessment,
  AttestationFacts,
  AttestationForm,
  AttestationKind,
  AttestationProof,
  Dependency,
  ImportedAttestation,
} from './types.ts';
