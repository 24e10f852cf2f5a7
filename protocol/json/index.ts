// Strict and canonical JSON. The only door of this folder.

export { canonicalJson } from './canonical.ts';
export { JSON_BYTES_MAX, JSON_DEPTH_MAX } from './limits.ts';
export { type JsonLimits, parseStrictJson } from './parse.ts';
export { isJsonObject, type JsonObject, type JsonValue } from './types.ts';
