// The pool: isolation, deadlines, crashes, fairness, and that nothing is left behind.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createRunner, type Job, makeJob, type Runner } from '../../../wasm-runner/index.ts';
import { isolationFlags } from '../../../wasm-runner/pool/child.ts';
import { TICKER_FUEL, ticker } from '../../support/ticker.ts';
import { printing, wat } from '../../support/wat.ts';

const FOREVER = wat('(module (func (export "_start") (loop (br 0))))');
const endless = (wallMs = 60_000) => makeJob({ module: FOREVER, limits: { fuel: 1n << 42n, wallMs } });
const hello = makeJob({ module: printing('hello') });
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
/** Resolves when a process is gone, whoever its parent is. */
const gone = (pid: number): Promise<unknown> =>
  once(spawn('tail', [`--pid=${pid}`, '-f', '/dev/null']), 'exit');

describe('runner pool', () => {
  let runner: Runner;
  const make = async (options: Parameters<typeof createRunner>[0] = { workers: 2 }): Promise<Runner> => {
    runner = await createRunner(options);
    return runner;
  };
  afterEach(() => runner.close());

  it('tells what a job writes while it runs, before its result, and to nobody else', async () => {
    await make({ workers: 2 });
    const said: string[] = [];
    let isDone = false;
    const job = makeJob({ module: ticker(3), limits: { fuel: BigInt(TICKER_FUEL), wallMs: 30_000 } });
    const followed = runner.run(job, {
      onOutput: (stream, bytes) => {
        assert.ok(!isDone, 'nothing comes after the result');
        said.push(`${stream} ${text(bytes)}`);
      },
    });
    const other = await runner.run(makeJob({ module: printing('other') }));
    const result = await followed;
    isDone = true;
    assert.deepEqual(said, ['stdout tick\n', 'stdout tick\n', 'stdout tick\n']);
    assert.equal(text(result.stdout), 'tick\n'.repeat(3));
    assert.match(text(other.stdout), /other/);
    // A flood is held back: some frames a second, and a bounded share of the output.
    let bytes = 0;
    let frames = 0;
    const flood = await runner.run(makeJob({ module: ticker(20_000, 1) }), {
      onOutput: (_, part) => {
        frames += 1;
        bytes += part.length;
      },
    });
    assert.equal(flood.stdout.length, 100_000);
    assert.ok(frames <= 32 * (1 + Math.ceil(flood.wallMs / 1_000)), `${frames} frames`);
    assert.ok(bytes <= 100_000);
  });

  it('close ends the process and answers what runs and waits', async () => {
    await make({ workers: 1 });
    const running = [runner.run(endless()), runner.run(endless()), runner.run(endless())];
    await runner.warm();
    const { pid } = runner.stats();
    assert.ok(pid !== null && alive(pid));
    await runner.close();
    assert.equal(alive(pid), false);
    assert.deepEqual(
      (await Promise.all(running)).map((result) => result.status),
      ['CANCELLED', 'CANCELLED', 'CANCELLED'],
    );
    await assert.rejects(runner.run(hello), { code: 'RUNNER_CLOSED' });
  });

  it('the process ends with the one that started it, even in the middle of a loop', async () => {
    await make();
    const program = `
      import { createRunner, makeJob } from ${JSON.stringify(new URL('../../../wasm-runner/index.ts', import.meta.url).href)};
      const runner = await createRunner({ workers: 1 });
      const module = Uint8Array.from(${JSON.stringify([...FOREVER])});
      void runner.run(makeJob({ module, limits: { fuel: 1n << 42n, wallMs: 600000 } }));
      await runner.run(makeJob({ module: Uint8Array.from(${JSON.stringify([...hello.module])}) }));
      console.log(runner.stats().pid);`;
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let pid: number;
    try {
      const [line] = (await once(parent.stdout, 'data', { signal: AbortSignal.timeout(60_000) })) as [Buffer];
      pid = Number(line.toString());
      assert.ok(alive(pid));
    } finally {
      parent.kill('SIGKILL');
    }
    await gone(pid);
    assert.equal(alive(pid), false);
  });

  it('an idle runner does not keep a program alive', () => {
    runner = { close: async () => {} } as Runner;
    const program = `
      import { createRunner, makeJob } from ${JSON.stringify(new URL('../../../wasm-runner/index.ts', import.meta.url).href)};
      const runner = await createRunner();
      const result = await runner.run(makeJob({ module: Uint8Array.from(${JSON.stringify([...hello.module])}) }));
      console.log(result.status);`;
    const output = execFileSync(process.execPath, ['--input-type=module-typescript', '-e', program], {
      timeout: 60_000,
    });
    assert.equal(output.toString().trim(), 'OK');
  });

  it('the process may read nothing but the runner, and has no network, no children and no environment', async () => {
    await make();
    const attempt = (code: string): string =>
      execFileSync(
        process.execPath,
        [
          ...isolationFlags(),
          '--input-type=module',
          '-e',
          `try { ${code}; console.log('allowed') } catch (error) { console.log(error.code ?? error.name) }`,
        ],
        { env: {}, timeout: 60_000 },
      )
        .toString()
        .trim();
    assert.equal(attempt("(await import('node:fs')).readFileSync('/etc/hostname')"), 'ERR_ACCESS_DENIED');
    assert.equal(attempt("(await import('node:fs')).writeFileSync('/tmp/x', '')"), 'ERR_ACCESS_DENIED');
    assert.equal(attempt("(await import('node:child_process')).execFileSync('true')"), 'ERR_ACCESS_DENIED');
    const connect =
      "await new Promise((done, fail) => import('node:net').then((net) => net.connect(9, '127.0.0.1').on('connect', done).on('error', fail)))";
    assert.equal(attempt(connect), 'ERR_ACCESS_DENIED');
    assert.equal(attempt("eval('1')"), 'EvalError');
    assert.equal(
      attempt("if (Object.keys(process.env).length > 0) throw new Error('environment')"),
      'allowed',
    );
    await runner.run(hello);
    const environment = readFileSync(`/proc/${runner.stats().pid}/environ`, 'utf8');
    assert.equal(environment, '');
  });

  it('a deadline ends a job and not its neighbours, and its worker is replaced', async () => {
    await make({ workers: 2 });
    const results = await Promise.all([
      runner.run(endless(250)),
      ...Array.from({ length: 20 }, () => runner.run(hello)),
      runner.run(endless(250)),
    ]);
    assert.deepEqual(
      results.map((result) => result.status),
      ['TIMEOUT', ...Array.from({ length: 20 }, () => 'OK'), 'TIMEOUT'],
    );
    assert.equal(runner.stats().replaced, 2);
    const { pid } = runner.stats();
    assert.equal((await runner.run(hello)).status, 'OK');
    assert.equal(runner.stats().pid, pid, 'the process stayed');
  });

  it('the time of a job begins when there is a worker, however long that takes to start', async () => {
    const wallMs = 400;
    const ended: string[] = [];
    // Each time the process is held for longer than the job may take; where the machine itself is held up beside, the next try tells.
    for (let tries = 0; tries < 5 && !ended.includes('OK'); tries++) {
      await make({ workers: 1 });
      const late = runner.run(makeJob({ module: hello.module, limits: { wallMs } }));
      await null;
      const pid = runner.stats().pid!;
      process.kill(pid, 'SIGSTOP');
      await pause(1.5 * wallMs);
      process.kill(pid, 'SIGCONT');
      ended.push((await late).status);
      await runner.close();
    }
    assert.ok(ended.includes('OK'), ended.join());
  });

  it('workers can be replaced many times in a row, in the middle of output too', async () => {
    await make({ workers: 1 });
    const chatty =
      wat(`(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 2) (func (export "_start")
        (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 65536))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`);
    for (let round = 0; round < 8; round++) {
      assert.equal((await runner.run(endless(40))).status, 'TIMEOUT');
      const result = await runner.run(makeJob({ module: chatty }));
      assert.equal(result.status, 'OK');
      assert.equal(result.stdout.length, 65_536);
    }
  });

  it('a caller can cancel what waits and what runs', async () => {
    await make({ workers: 1 });
    const stop = new AbortController();
    const runningJob = runner.run(endless(), { signal: stop.signal });
    const waiting = [
      runner.run(endless(), { signal: stop.signal }),
      runner.run(endless(), { signal: stop.signal }),
    ];
    stop.abort();
    for (const result of await Promise.all([runningJob, ...waiting]))
      assert.equal(result.status, 'CANCELLED');
    assert.equal((await runner.run(hello, { signal: stop.signal })).status, 'CANCELLED');
    assert.equal((await runner.run(hello)).status, 'OK');
  });

  it('a crash of the process answers with WORKER_CRASH only the one that was there each time; the rest is run again', async () => {
    await make({ workers: 2 });
    await runner.run(hello);
    const jobs = Array.from({ length: 10 }, () => runner.run(hello));
    process.kill(runner.stats().pid!, 'SIGKILL');
    for (const result of await Promise.all(jobs)) assert.equal(text(result.stdout), 'hello');
    assert.equal(runner.stats().crashes, 1);
    const stuck = runner.run(endless());
    for (let crash = 0; crash < 3; crash++) {
      process.kill(runner.stats().pid!, 'SIGKILL');
      // Quick jobs run beside the one under suspicion, so their answers show that a new process is up.
      if (crash < 2) assert.equal((await runner.run(hello)).status, 'OK');
    }
    const result = await stuck;
    assert.equal(result.status, 'WORKER_CRASH');
    assert.equal(result.signable, false);
  });

  it('more than the queue holds is OVERLOADED, and the queue drains', async () => {
    await make({ workers: 1, queueMax: 5 });
    const results = await Promise.all(Array.from({ length: 30 }, () => runner.run(hello)));
    const overloaded = results.filter((result) => result.status === 'OVERLOADED').length;
    assert.ok(overloaded >= 20, String(overloaded));
    assert.equal(results.filter((result) => result.status === 'OK').length, 30 - overloaded);
    assert.equal(runner.stats().waiting, 0);
    assert.equal((await runner.run(hello)).status, 'OK');
  });

  it('senders take turns', async () => {
    await make({ workers: 1 });
    const order: string[] = [];
    const send = (sender: string) => runner.run(hello, { sender }).then(() => order.push(sender));
    await Promise.all([...Array.from({ length: 20 }, () => send('loud')), send('quiet'), send('quiet')]);
    assert.ok(order.indexOf('quiet') <= 3, order.join());
    assert.ok(order.lastIndexOf('quiet') <= 6, order.join());
  });

  it('quick jobs pass slow ones that hold every worker', async () => {
    await make({ workers: 2 });
    await runner.run(hello);
    const stop = new AbortController();
    let ended = 0;
    const slow = Array.from({ length: 4 }, () =>
      runner.run(endless(60_000), { signal: stop.signal }).finally(() => {
        ended += 1;
      }),
    );
    for (let round = 0; round < 20; round++) assert.equal((await runner.run(hello)).status, 'OK');
    assert.equal(ended, 0, 'quick jobs waited for slow ones');
    stop.abort();
    await Promise.all(slow);
  });

  it('a module is sent once, and again after the cache dropped it', async () => {
    await make({ workers: 1, cacheBytesMax: 1_000 });
    const modules = Array.from({ length: 6 }, (_, index) => printing(`module ${index}`));
    for (let round = 0; round < 3; round++) {
      for (const [index, module] of modules.entries()) {
        assert.equal(text((await runner.run(makeJob({ module }))).stdout), `module ${index}`);
      }
    }
  });

  it('large inputs and outputs pass whole', async () => {
    await make({ workers: 1 });
    const cat =
      wat(`(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 2) (func (export "_start")
        (i32.store (i32.const 0) (i32.const 64))
        (loop
          (i32.store (i32.const 4) (i32.const 65536))
          (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
          (if (i32.load (i32.const 8)) (then
            (i32.store (i32.const 4) (i32.load (i32.const 8)))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br 1))))))`);
    const stdin = Uint8Array.from({ length: 5_000_003 }, (_, index) => (index * 31) & 0xff);
    const result = await runner.run(makeJob({ module: cat, stdin, limits: { outputBytes: 6_000_000 } }));
    assert.equal(result.status, 'OK');
    assert.deepEqual(result.stdout, stdin);
  });

  it('malformed jobs are rejected, limits out of range refused', async () => {
    await make();
    for (const bad of [
      { seed: 'xyz' },
      { inputs: { '../x': new Uint8Array(0) } },
      { inputs: { a: new Uint8Array(0), 'a/b': new Uint8Array(0) } },
      { env: { 'A=B': '1' } },
      { args: ['a\0b'] },
      { clock: { originNs: -1n, stepNs: 0n } },
    ]) {
      await assert.rejects(runner.run({ ...hello, ...bad } as Job), { code: 'JOB_INVALID' });
    }
    const refused = await runner.run(makeJob({ module: hello.module, limits: { memoryBytes: 2 ** 40 } }));
    assert.equal(refused.status, 'LIMIT_REFUSED');
    assert.equal(
      (await runner.run(makeJob({ module: hello.module, limits: { fuel: 10n } }))).status,
      'OUT_OF_FUEL',
    );
  });

  it('live mode gives the real clock and is not signable', async () => {
    await make({ workers: 1 });
    const module =
      wat(`(module (import "wasi_snapshot_preview1" "clock_time_get" (func $now (param i32 i64 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1) (func (export "_start")
        (drop (call $now (i32.const 0) (i64.const 0) (i32.const 64)))
        (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 8))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`);
    const nanoseconds = (bytes: Uint8Array): bigint =>
      new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    const live = await runner.run(makeJob({ module, mode: 'live' }));
    assert.ok(nanoseconds(live.stdout) > 1_750_000_000_000_000_000n);
    assert.deepEqual([live.status, live.signable], ['OK', false]);
    const fixed = await runner.run(makeJob({ module }));
    assert.equal(nanoseconds(fixed.stdout), 1_704_067_200_000_001_000n);
    assert.equal(fixed.signable, true);
  });
});
