// The embedder that a node uses when nothing else is configured.

import { availableParallelism } from 'node:os';
import type { Embedder } from '../interface.ts';
import { useLiteEmbedder } from './use-lite/index.ts';

/** Cores from which a second encoder thread pays: the others serve the node. */
const CORES_FOR_TWO = 4;

/** English sentence embeddings from installed weights; loads them at first use. Close it to end its threads. */
export async function defaultEmbedder(): Promise<Embedder> {
  return useLiteEmbedder({ threads: availableParallelism() >= CORES_FOR_TWO ? 2 : 1 });
}
