// One embedder for all who compute scores in this process, loaded when the first of them needs it and closed after the last.

import { defaultEmbedder, type Embedder } from '../../index-service/index.ts';

let users = 0;
let loading: Promise<Embedder> | undefined;

/** Borrows the embedder. Call `release` once. Throws EMBEDDER_UNAVAILABLE. */
export async function borrowEmbedder(): Promise<{ embedder: Embedder; release: () => Promise<void> }> {
  users += 1;
  loading ??= defaultEmbedder();
  const borrowed = loading;
  const release = async () => {
    users -= 1;
    if (users > 0) return;
    loading = undefined;
    await (await borrowed.catch(() => undefined))?.close?.();
  };
  try {
    return { embedder: await borrowed, release };
  } catch (error) {
    await release();
    throw error;
  }
}
