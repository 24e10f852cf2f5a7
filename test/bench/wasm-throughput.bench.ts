// Many tasks at once: how many a second, and what a tenth of heavy ones does to the others. The peer starts a worker thread with
// node:wasi for every task, eight at a time, as one would without a pool.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createRunner, makeJob, type Runner } from '../../wasm-runner/index.ts';
import { printing, wat } from '../support/wat.ts';
import type { Bench } from './bench.ts';
import { median } from './measure.ts';

const TASKS = 200;
const WORKERS_AT_ONCE = 8;
const hello = makeJob({ module: printing('hello') });
/** Some 50 ms of plain code. */
const HOG_TURNS = 60_000_000;
const hog = makeJob({
  module: wat(`(module (func (export "_start") (local i32) (local.set 0 (i32.const ${HOG_TURNS}))
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`),
});

export const bench: Bench = {
  name: 'wasm-throughput',
  summary: '200 tasks at once through the isolated pool, against a worker thread with node:wasi for each',
  bar: { sign: '>=', value: 20 },
  async run({ compare, report }) {
    await using runner = await createRunner();
    for (let index = 0; index < 200; index++) await runner.run(hello);
    await runner.run(hog);
    await compare({
      case: '200 at once',
      sizes: { tasks: TASKS },
      operations: TASKS,
      seconds: 8,
      peerName: 'a worker thread each',
      ours: () => Promise.all(Array.from({ length: TASKS }, () => run(runner))),
      peer: () => workerEach(),
    });
    const alone: number[] = [];
    const beside: number[] = [];
    for (let round = 0; round < 15; round++) {
      alone.push(await p95(runner, 0));
      beside.push(await p95(runner, TASKS / 10));
    }
    report({
      case: 'p95 of 180 tasks beside 20 hogs of some 50 ms',
      sizes: { tasks: TASKS - TASKS / 10, hogs: TASKS / 10 },
      ours: median(beside),
      peer: median(alone),
      peerName: 'the same without hogs',
      unit: 'ms',
      better: 'lower',
      bar: { sign: '<=', value: 2 },
    });
  },
};

async function run(runner: Runner): Promise<void> {
  const { status } = await runner.run(hello);
  if (status !== 'OK') throw new Error(status);
}

/** 95th percentile of the time from the start of the batch to the answer, of the tasks that are no hogs. */
async function p95(runner: Runner, hogs: number): Promise<number> {
  const began = performance.now();
  const times: number[] = [];
  const heavy = Array.from({ length: hogs }, () => runner.run(hog));
  const light = Array.from({ length: TASKS - TASKS / 10 }, async () => {
    await run(runner);
    times.push(performance.now() - began);
  });
  await Promise.all([...heavy, ...light]);
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.95)]!;
}

const PROGRAM = `
  const { WASI } = require('node:wasi');
  const { workerData } = require('node:worker_threads');
  const { openSync, closeSync } = require('node:fs');
  const nowhere = openSync(require('node:os').devNull, 'w');
  const wasi = new WASI({ version: 'preview1', args: [], env: {}, stdout: nowhere });
  wasi.start(new WebAssembly.Instance(new WebAssembly.Module(workerData), wasi.getImportObject()));
  closeSync(nowhere);`;

async function workerEach(): Promise<void> {
  let left = TASKS;
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const worker = new Worker(PROGRAM, {
        eval: true,
        execArgv: ['--no-warnings'],
        workerData: hello.module,
      });
      await once(worker, 'exit');
    }
  };
  await Promise.all(Array.from({ length: WORKERS_AT_ONCE }, lane));
}
