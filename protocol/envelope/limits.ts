// Bounds of envelopes: every decoder and every verifier of this folder keeps them.

/** Bytes of a payload. Our own objects stay below 64 KiB; an SBOM of a large image is a few MB and is imported with its own bound. */
export const PAYLOAD_BYTES_MAX = 1_048_576;

/** Bytes of a payload type (a media type); RFC 6838 allows 127 characters on each side of the slash. */
export const PAYLOAD_TYPE_BYTES_MAX = 255;

/** Signatures of one envelope: enough for Ed25519 and ML-DSA of several signers; bounds the work of a verifier. */
export const SIGNATURES_MAX = 16;

/** Bytes of one signature: ML-DSA-87, the largest we know, has 4,627. */
export const SIGNATURE_BYTES_MAX = 5_120;

/** Bytes of a key id: ours have at most 74, other tools put fingerprints and URLs there. */
export const KEYID_BYTES_MAX = 1_024;

/** Trusted keys that one verification may be given; with SIGNATURES_MAX it bounds a verification to 1,024 checks. */
export const TRUSTED_KEYS_MAX = 64;
