// The public door of the index service. Other rooms import from here and from cli/index.ts only.

export { type OpenIndexOptions, openIndex } from './card-index.ts';
export { cardText } from './embed/card-text.ts';
export { defaultEmbedder } from './embed/default.ts';
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
export { type MergedAnswer, mergeShards, type ShardAnswer } from './shards/merge.ts';
