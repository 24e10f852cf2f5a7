// Bounds of JSON documents.

/** Bytes of UTF-8 (or UTF-16 units of a string). A statement of ours is below 64 KiB; imported SBOMs pass their own, larger bound. */
export const JSON_BYTES_MAX = 1_048_576;

/** Nesting of arrays and objects. The deepest object of ours is 9 deep; CycloneDX trees in the wild stay below 40. */
export const JSON_DEPTH_MAX = 64;
