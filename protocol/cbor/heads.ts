// First bytes of CBOR items (RFC 8949, section 3): major types, and the simple values that DAG-CBOR allows.

export const UINT = 0;
export const NEGATIVE = 1;
export const BYTES = 2;
export const TEXT = 3;
export const ARRAY = 4;
export const MAP = 5;
export const TAG = 6;
export const FALSE = 0xf4;
export const TRUE = 0xf5;
export const NULL = 0xf6;
