// `npm run fuzz:wasm -- [--seconds N] [--mutants N] [--seed N]`: mutants of WebAssembly modules against the meter. Exits 1 when one that
// is invalid is accepted, becomes invalid, counts different fuel twice, throws without a code, or takes too long.

import { randomStream } from '../sim/random.ts';
import { fuzzWasm } from '../test/fuzz/wasm-modules.ts';
import { readArguments } from './source/arguments.ts';

const { values } = readArguments(import.meta.filename, {
  options: {
    seconds: { type: 'string', default: '120' },
    mutants: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
  },
});
const stream = randomStream(Number(values.seed), 'wasm mutants');
const started = performance.now();
const result = fuzzWasm({
  mutants: Number(values.mutants),
  budgetMs: Number(values.seconds) * 1000,
  draw: (bound) => stream.below(bound),
});
const seconds = (performance.now() - started) / 1000;
for (const { detail, module } of result.findings)
  console.log(`${detail}\n  module (base64): ${module.toBase64()}`);
console.log(
  `fuzz: ${result.mutants} mutants in ${seconds.toFixed(1)} s (seed ${values.seed}): ${result.accepted} accepted, ${result.ran} run, ` +
    `slowest ${result.slowestMs.toFixed(1)} ms, ${result.findings.length} findings`,
);
process.exitCode = result.findings.length === 0 ? 0 : 1;
