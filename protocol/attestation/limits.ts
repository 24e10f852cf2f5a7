// Bounds of attestations that other tools wrote.

/** Bytes of one attestation: SBOMs of large images are a few MB, in base64 a third more. */
export const ATTESTATION_BYTES_MAX = 25_165_824;

/** Attestations in one file of JSON lines. */
export const ATTESTATIONS_PER_FILE_MAX = 1_024;

/** Components or materials of one attestation. The largest SBOMs in the wild list some 20,000. */
export const DEPENDENCIES_MAX = 65_536;

/** Vulnerability assessments of one VEX document. */
export const ASSESSMENTS_MAX = 16_384;

/** Characters of a name, version, package URL or builder id. */
export const FACT_CHARS_MAX = 2_048;
