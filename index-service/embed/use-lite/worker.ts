// Worker thread of the USE-lite embedder: loads the weights once, answers batches of texts with vectors.
// Runs off the event loop, because one text costs a millisecond or more of arithmetic.

import { parentPort } from 'node:worker_threads';
import { UseLiteKernel } from './kernel.ts';
import { Tokenizer } from './tokenizer.ts';
import { loadWeights } from './weights.ts';

export interface EmbedRequest {
  readonly id: number;
  readonly texts: readonly string[];
}

export type EmbedReply =
  | { readonly id: number; readonly vectors: Float32Array }
  | { readonly id: number; readonly code: string; readonly message: string };

const port = parentPort;
if (port === null) throw new Error('worker.ts runs only as a worker thread');

const ready = loadWeights().then((weights) => {
  const kernel = new UseLiteKernel(weights);
  const tokenizer = new Tokenizer(weights.vocabulary);
  // All weights are views of one buffer of 28 MB, packed now to 7: given back at once, not when it is collected.
  (weights.embedding.buffer as ArrayBuffer).transfer(0);
  return { kernel, tokenizer };
});
// The failure is reported with each request; without this line it would end the process first.
ready.catch(() => {});

port.on('message', async ({ id, texts }: EmbedRequest) => {
  try {
    const { kernel, tokenizer } = await ready;
    const vectors = kernel.encode(texts.map((text) => tokenizer.encode(text)));
    port.postMessage({ id, vectors } satisfies EmbedReply, [vectors.buffer as ArrayBuffer]);
  } catch (error) {
    const { code = 'EMBEDDER_UNAVAILABLE', message } = error as { code?: string; message: string };
    port.postMessage({ id, code, message } satisfies EmbedReply);
  }
});
