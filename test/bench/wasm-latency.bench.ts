// How long a small task takes from call to result: a warm pool behind the isolated process, against a fresh process with node:wasi,
// which is what one would use without a pool.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRunner, makeJob } from '../../wasm-runner/index.ts';
import { printing } from '../support/wat.ts';
import type { Bench } from './bench.ts';
import { median } from './measure.ts';

export const bench: Bench = {
  name: 'wasm-latency',
  summary: 'p50 of a hello task through the warm isolated pool, against a fresh node:wasi process',
  bar: { sign: '<=', value: 1 / 20 },
  async run({ sizes, report, folder, note }) {
    const module = printing('hello');
    const file = join(folder(), 'hello.wasm');
    writeFileSync(file, module);
    const job = makeJob({ module });
    await using runner = await createRunner();
    for (let index = 0; index < 200; index++) await runner.run(job);
    const rounds = sizes(40, 200);
    const ours: number[] = [];
    const peer: number[] = [];
    for (let round = 0; round < rounds; round++) {
      for (let index = 0; index < 10; index++) ours.push(await timed(() => runner.run(job)));
      peer.push(await timed(() => freshProcess(file)));
    }
    ours.sort((a, b) => a - b);
    note(
      `p95 ${ours[Math.floor(ours.length * 0.95)]!.toFixed(3)} ms, p99 ${ours[Math.floor(ours.length * 0.99)]!.toFixed(3)} ms`,
    );
    report({
      case: 'hello, p50',
      sizes: { ours: ours.length, peer: peer.length },
      ours: median(ours),
      peer: median(peer),
      peerName: 'fresh node:wasi process',
      unit: 'ms',
      better: 'lower',
    });
  },
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

const PROGRAM = `
  import { readFileSync } from 'node:fs';
  import { WASI } from 'node:wasi';
  const wasi = new WASI({ version: 'preview1', args: [], env: {} });
  const module = new WebAssembly.Module(readFileSync(process.argv[1]));
  process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));`;

async function freshProcess(file: string): Promise<void> {
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', PROGRAM, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0 || text !== 'hello')
    throw new Error(`node:wasi ended with ${code} and ${JSON.stringify(text)}`);
}
