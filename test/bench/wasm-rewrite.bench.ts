// Rewriting modules in use: reading, metering and writing, against binaryen reading and writing them with no change at all.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import binaryen from 'binaryen';
import { meter } from '../../wasm-runner/meter/index.ts';
import type { Bench } from './bench.ts';

const modules = [
  '@energetic-ai/core/dist/tfjs-backend-wasm-simd.wasm',
  'playwright-core/lib/webp_codec.wasm',
];

export const bench: Bench = {
  name: 'wasm-rewrite',
  summary: 'modules of half a megabyte validated and metered, against binaryen read and emit',
  bar: { sign: '>=', value: 10 },
  async run({ compare }) {
    const require = createRequire(import.meta.url);
    const root = require.resolve('playwright-core/package.json').replace('playwright-core/package.json', '');
    for (const path of modules) {
      const bytes = new Uint8Array(readFileSync(root + path));
      await compare({
        case: path.slice(path.lastIndexOf('/') + 1),
        sizes: { bytes: bytes.length },
        seconds: 6,
        peerName: 'binaryen',
        ours: () => meter(bytes).bytes.length,
        peer() {
          const module = binaryen.readBinary(bytes);
          const { length } = module.emitBinary();
          module.dispose();
          return length;
        },
      });
    }
  },
};
