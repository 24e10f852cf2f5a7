// What importing an attestation of another tool yields.

import type { DigestSet, Statement, Subject } from '../statement/index.ts';

/** The kinds that are admitted. */
export type AttestationKind =
  | 'slsa-provenance'
  | 'slsa-verification-summary'
  | 'cyclonedx'
  | 'spdx'
  | 'openvex';

/**
 * How it came: a DSSE envelope, a Sigstore bundle around one, a bare in-toto statement, or a bare document.
 * Only the first two can be verified.
 */
export type AttestationForm = 'dsse' | 'sigstore-bundle' | 'statement' | 'document';

export type AttestationProof =
  | {
      readonly status: 'verified' /** Names of the trusted keys that signed. */;
      readonly keys: readonly string[];
    }
  | { readonly status: 'unverified'; readonly reason: string };

/** Something that went into the subject: a material, a component. */
export type Dependency = {
  name: string | null;
  version: string | null;
  uri: string | null;
  digest: DigestSet | null;
};

/** What a VEX document says about one vulnerability. */
export type Assessment = { vulnerability: string; status: string; products: string[] };

/** The facts that queries ask for; the rest stays in the original bytes. */
export interface AttestationFacts {
  readonly subjects: readonly Subject[];
  readonly dependencies: readonly Dependency[];
  readonly builder: string | null;
  readonly assessments: readonly Assessment[];
}

/** An imported attestation. */
export interface ImportedAttestation extends AttestationFacts {
  readonly kind: AttestationKind;
  readonly predicateType: string;
  readonly form: AttestationForm;
  /** 'sha256:<hex>' of the bytes as they came, and their number: keep them, they are the evidence. */
  readonly digest: string;
  readonly bytes: number;
  /** Content id of the envelope, when there is one. */
  readonly envelopeId: string | null;
  readonly statement: Statement | null;
  readonly proof: AttestationProof;
}
