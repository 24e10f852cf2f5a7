// A tiny embedder for tests of the index: words hashed to 64 numbers. Fast and repeatable, with no meaning in it.

import type { Embedder } from '../../index-service/index.ts';

const DIMS = 64;

function vectorOf(text: string): Float32Array {
  const out = new Float32Array(DIMS);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    let hash = 2_166_136_261;
    for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 16_777_619);
    out[(hash >>> 8) % DIMS]! += hash & 1 ? 1 : -1;
  }
  const length = Math.hypot(...out);
  return length === 0 ? out.fill(1 / Math.sqrt(DIMS)) : out.map((value) => value / length);
}

export function wordEmbedder(id = 'words/1'): Embedder {
  return {
    id,
    dims: DIMS,
    embed: async (text) => vectorOf(text),
    embedBatch: async (texts) => texts.map(vectorOf),
  };
}
