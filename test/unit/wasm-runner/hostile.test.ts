// Modules that mean harm: each ends typed, within its limits, and the runner goes on.

import assert from 'node:assert/strict';
import { createRunner, type JobInput, makeJob, type Runner } from '../../../wasm-runner/index.ts';
import { printing, wat } from '../../support/wat.ts';

const WRITE =
  '(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))';

describe('hostile modules', () => {
  let runner: Runner;
  const hello = printing('hello');
  const run = (module: Uint8Array, rest: Partial<JobInput> = {}) =>
    runner.run(makeJob({ module, ...rest, limits: { fuel: 200_000_000n, wallMs: 15_000, ...rest.limits } }));

  before(async () => {
    runner = await createRunner({ workers: 2 });
  });
  after(() => runner.close());
  afterEach(async () => {
    const result = await runner.run(makeJob({ module: hello }));
    assert.equal(result.status, 'OK');
    assert.equal(new TextDecoder().decode(result.stdout), 'hello');
  });

  it('an infinite loop runs out of fuel', async () => {
    const result = await run(wat('(module (func (export "_start") (loop (br 0))))'));
    assert.equal(result.status, 'OUT_OF_FUEL');
    assert.equal(result.fuel, 200_000_000n);
    assert.equal(result.signable, true);
  });

  it('an infinite loop over host calls runs out of fuel', async () => {
    const result = await run(
      wat(`(module (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (func (export "_start") (loop (drop (call $yield)) (br 0))))`),
      { limits: { fuel: 5_000_000n } },
    );
    assert.equal(result.status, 'OUT_OF_FUEL');
  });

  it('an infinite loop with fuel to spare is ended by the wall clock, and is not signable', async () => {
    const result = await run(wat('(module (func (export "_start") (loop (br 0))))'), {
      limits: { fuel: 1n << 42n, wallMs: 300 },
    });
    assert.equal(result.status, 'TIMEOUT');
    assert.equal(result.signable, false);
  });

  it('an allocation bomb that goes on writing traps as OUT_OF_MEMORY', async () => {
    const result = await run(
      wat(`(module (memory (export "memory") 1)
        (func (export "_start") (loop
          (i32.store8 (i32.shl (memory.grow (i32.const 16)) (i32.const 16)) (i32.const 1)) (br 0))))`),
      { limits: { memoryBytes: 8 << 20 } },
    );
    assert.equal(result.status, 'OUT_OF_MEMORY');
    assert.equal(result.signable, true);
  });

  it('a module that starts with more memory than allowed is refused', async () => {
    const result = await run(wat('(module (memory (export "memory") 1024) (func (export "_start")))'), {
      limits: { memoryBytes: 1 << 20 },
    });
    assert.equal(result.status, 'LIMIT_REFUSED');
    assert.equal(result.fuel, 0n);
  });

  it('an output bomb is stopped at the limit', async () => {
    const result = await run(
      wat(`(module ${WRITE} (memory (export "memory") 2)
        (func (export "_start")
          (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 65536))
          (loop (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br 0))))`),
      { limits: { outputBytes: 1 << 20 } },
    );
    assert.equal(result.status, 'OUTPUT_LIMIT');
    assert.ok(result.stdout.length <= 1 << 20);
  });

  it('a flood of empty files is stopped at the output limit', async () => {
    const result = await run(
      wat(`(module (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start") (local $n i32)
          (loop (i32.store (i32.const 0) (i32.or (i32.const 0x61616161) (local.get $n)))
            (drop (call $mkdir (i32.const 4) (i32.const 0) (i32.const 4)))
            (local.set $n (i32.add (local.get $n) (i32.const 1))) (br 0))))`),
      { limits: { outputBytes: 10_000 } },
    );
    assert.ok(['OUTPUT_LIMIT', 'OUT_OF_FUEL'].includes(result.status), result.status);
  });

  it('deep recursion ends at the stack limit, with the same fuel each time', async () => {
    const module = wat(`(module (func $down (param i32) (result i32)
        (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $down (local.get 0)))) (else (i32.const 0))))
      (func (export "_start") (drop (call $down (i32.const -1)))))`);
    const first = await run(module);
    const second = await run(module, { limits: { stackBytes: 1 << 20 } });
    assert.equal(first.status, 'STACK_LIMIT');
    assert.equal(first.fuel, second.fuel);
    const deepest = await run(module, { limits: { stackBytes: 16 << 20 } });
    assert.equal(deepest.status, 'STACK_LIMIT');
  });

  it('deep recursion with wide frames at the largest stack limit does not reach the engine', async () => {
    const locals = '(local i64)'.repeat(1500);
    const sums = Array.from(
      { length: 1500 },
      (_, index) =>
        `(local.set ${index + 1} (i64.extend_i32_u (i32.add (local.get 0) (i32.const ${index}))))`,
    );
    const keep = Array.from({ length: 1500 }, (_, index) => `(local.get ${index + 1}) i64.add`).join(' ');
    const module = wat(`(module (func $down (param i32) (result i64) ${locals} ${sums.join(' ')}
        (call $down (i32.add (local.get 0) (i32.const 1))) ${keep})
      (func (export "_start") (drop (call $down (i32.const 0)))))`);
    const result = await run(module, { limits: { stackBytes: 16 << 20 } });
    assert.equal(result.status, 'STACK_LIMIT');
  });

  it('mutual recursion through a table ends at the stack limit', async () => {
    const result = await run(
      wat(`(module (type $f (func)) (table 2 funcref) (elem (i32.const 0) $a $b)
        (func $a (call_indirect (type $f) (i32.const 1))) (func $b (call_indirect (type $f) (i32.const 0)))
        (func (export "_start") (call $a)))`),
    );
    assert.equal(result.status, 'STACK_LIMIT');
  });

  it('a callback that calls back twice, and each of those twice, runs out of fuel', async () => {
    const result = await run(
      wat(`(module (type $callback (func (param i32))) (table 1 funcref) (elem (i32.const 0) $fork)
        (func $fork (param i32) (if (local.get 0) (then
          (call_indirect (type $callback) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
          (call_indirect (type $callback) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))
        (func (export "_start") (call $fork (i32.const 200))))`),
      { limits: { fuel: 20_000_000n } },
    );
    assert.equal(result.status, 'OUT_OF_FUEL');
    assert.equal(result.fuel, 20_000_000n);
  });

  it('huge tables are refused, and growing one is capped', async () => {
    const huge = await run(wat('(module (table 9000000 funcref) (func (export "_start")))'));
    assert.equal(huge.status, 'LIMIT_REFUSED');
    const grown = await run(
      wat(`(module (table $t 1 funcref) (func (export "_start")
        (if (i32.ne (table.grow $t (ref.null func) (i32.const 5000000)) (i32.const -1)) (then unreachable))
        (if (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const 1)) (then unreachable))
        (if (i32.ne (table.size $t) (i32.const 1001)) (then unreachable))))`),
    );
    assert.equal(grown.status, 'OK');
  });

  it('a bomb in the start section is metered like the rest', async () => {
    const result = await run(
      wat('(module (func $bomb (loop (br 0))) (start $bomb) (func (export "_start")))'),
    );
    assert.equal(result.status, 'OUT_OF_FUEL');
  });

  it('a start section that writes output works before _start', async () => {
    const result = await run(
      wat(`(module ${WRITE} (memory (export "memory") 1) (data (i32.const 0) "\\10\\00\\00\\00\\02\\00\\00\\00") (data (i32.const 16) "ab")
        (func $put (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))) (start $put)
        (func (export "_start") (call $put)))`),
    );
    assert.equal(result.status, 'OK');
    assert.equal(new TextDecoder().decode(result.stdout), 'abab');
  });

  it('a giant fill is paid before it is done', async () => {
    const result = await run(
      wat(`(module (memory (export "memory") 2048) (func (export "_start")
        (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 134217728)) (br 0))))`),
      { limits: { fuel: 20_000_000n } },
    );
    assert.equal(result.status, 'OUT_OF_FUEL');
  });

  it('out-of-bounds segments, traps and bad casts are TRAP, with the kind as a detail', async () => {
    const kinds: [string, string][] = [
      [
        '(module (memory (export "memory") 1) (data (i32.const 65536) "x") (func (export "_start")))',
        'does not fit',
      ],
      ['(module (func (export "_start") unreachable))', 'unreachable'],
      [
        '(module (memory 1) (func (export "_start") (drop (i32.load (i32.const -1)))))',
        'memory-out-of-bounds',
      ],
      ['(module (func (export "_start") (drop (i32.div_u (i32.const 1) (i32.const 0)))))', 'divide-by-zero'],
      ['(module (func (export "_start") (drop (i32.trunc_f64_s (f64.const 1e300)))))', 'integer-overflow'],
    ];
    for (const [text, kind] of kinds) {
      const result = await run(wat(text));
      const where = kind === 'does not fit' ? 'instantiation' : 'execution';
      assert.deepEqual([result.status, result.trap], ['TRAP', where], text);
      assert.ok(result.detail?.endsWith(kind), result.detail ?? '');
    }
  });

  it('a poll that waits for a year costs virtual time only', async () => {
    const result = await run(
      wat(`(module (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start")
          (i64.store (i32.const 24) (i64.const 31536000000000000))
          (if (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)) (then unreachable))
          (if (i32.ne (i32.load (i32.const 128)) (i32.const 1)) (then unreachable))))`),
    );
    assert.equal(result.status, 'OK');
    assert.ok(result.wallMs < 5_000);
  });
});
