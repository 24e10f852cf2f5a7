// The embedder that a node uses when nothing else is configured.

import type { Embedder } from '../interface.ts';
import { useLiteEmbedder } from './use-lite/index.ts';

/** English sentence embeddings from installed weights; loads them at first use. */
export async function defaultEmbedder(): Promise<Embedder> {
  return useLiteEmbedder();
}
