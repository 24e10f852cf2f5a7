// Agent cards for, and from, A2A. The only door of this folder.

export { draftOfA2aCard } from './draft.ts';
export { type A2aExportInput, exportA2aCard } from './export.ts';
export { type A2aProof, type ImportedA2aCard, importA2aCard } from './import.ts';
export type { JwsSigner } from './jws.ts';
export * from './limits.ts';
export { A2A_EXTENSION_URI, A2A_PROTOCOL_VERSION, type A2aCard, type TrustedJwk } from './types.ts';
