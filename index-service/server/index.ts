// The door of the index server.

export { CBOR_TYPE } from './binary.ts';
export { type IndexServer, type ServeOptions, serveIndex } from './serve.ts';
export { loadOrCreateToken, readToken } from './token.ts';
