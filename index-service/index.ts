// The public door of the index service. Other rooms import from here and from cli/index.ts only.

export { builtinBackend } from './backend/builtin.ts';
export { ENGINES, type EngineSettings, openEngine } from './backend/engines.ts';
export { hnswlibBackend } from './backend/hnswlib.ts';
export { type HttpBackendOptions, httpBackend } from './backend/http.ts';
export type {
  BackendAnswer,
  BackendEngine,
  BackendHit,
  BackendHolding,
  BackendPoint,
  BackendQuery,
  IndexBackend,
  PointFields,
} from './backend/interface.ts';
export { type QdrantClientLike, type QdrantOptions, qdrantBackend } from './backend/qdrant.ts';
export { zvecBackend } from './backend/zvec.ts';
export {
  type AgentReputation,
  type BatchOutcome,
  type CardPage,
  type IndexClient,
  type IndexClientOptions,
  indexClient,
} from './client/index-client.ts';
export { cardText } from './embed/card-text.ts';
export { defaultEmbedder } from './embed/default.ts';
export { type OnnxEmbedderOptions, type OnnxRuntime, onnxEmbedder } from './embed/onnx.ts';
export type {
  CardAnswer,
  CardEntry,
  CardFilter,
  CardHit,
  CardIndex,
  CardQuery,
  Embedder,
  IndexLogger,
  IndexStats,
  PriceLimit,
  SearchMode,
} from './interface.ts';
export { type OpenIndexOptions, openIndex } from './open-index.ts';
export { type ScoreBounds, scoreBounds } from './score-bounds.ts';
export {
  CBOR_TYPE,
  type IndexServer,
  loadOrCreateToken,
  readToken,
  type ServeOptions,
  serveIndex,
} from './server/index.ts';
export { type MergedAnswer, mergeShards, type ShardAnswer } from './shards/merge.ts';
export { verifiedEntries, verifiedEntry } from './verified-entry.ts';
export { type FolderReport, verifyFolder } from './verify-folder.ts';
