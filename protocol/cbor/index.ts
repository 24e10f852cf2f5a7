// Strict CBOR by hand: the DAG-CBOR form for our messages, the core deterministic form of RFC 8949 for COSE.

export { hasManyValues } from './count.ts';
export { CborReader } from './reader.ts';
export { CborWriter } from './writer.ts';
