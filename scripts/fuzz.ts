// `npm run fuzz -- [--seconds N] [--mutations N] [--seed N]`: structure-aware mutations of everything that strangers send, against
// the decoders and verifiers that read it. Exits 1 on a crash, a false accept, or a decode above 100 ms.

import { fuzz } from '../test/fuzz/run.ts';
import { fuzzTargets } from '../test/fuzz/targets.ts';
import { readArguments } from './source/arguments.ts';

const { values } = readArguments(import.meta.filename, {
  options: {
    seconds: { type: 'string', default: '120' },
    mutations: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
  },
});
const options = {
  seed: Number(values.seed),
  mutations: Number(values.mutations),
  budgetMs: Number(values.seconds) * 1000,
  now: () => performance.now(),
};
const targets = await fuzzTargets();
const started = performance.now();
const result = fuzz(targets, options);
const seconds = (performance.now() - started) / 1000;

for (const { target, kind, detail, input } of result.findings)
  console.log(`${kind} in ${target}: ${detail}\n  input (base64): ${input.slice(0, 4_000)}`);
console.log(
  `fuzz: ${result.mutations} mutations of ${targets.length} targets in ${seconds.toFixed(1)} s (seed ${options.seed}): ${result.refused} refused, ` +
    `${result.same} mean the same, slowest ${result.slowestMs.toFixed(1)} ms, ${result.findings.length} findings`,
);
process.exitCode = result.findings.length === 0 ? 0 : 1;
