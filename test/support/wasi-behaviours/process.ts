// Arguments, environment, clocks, randomness, ends and sockets.

import { READ, type WasiCaller } from '../wasi-caller.ts';
import { assert, type Behaviour, done, e, fails, paths } from './behaviour.ts';

function strings(wasi: WasiCaller, kind: 'args' | 'environ'): string[] {
  const sizes = wasi.room(8);
  done(wasi.call(`${kind}_sizes_get`, sizes, sizes + 4), 'sizes');
  const count = wasi.view.getUint32(sizes, true);
  const pointers = wasi.room(4 * count + 4);
  const buffer = wasi.room(wasi.view.getUint32(sizes + 4, true) + 1);
  done(wasi.call(`${kind}_get`, pointers, buffer), 'get');
  return Array.from({ length: count }, (_, index) => {
    const start = wasi.view.getUint32(pointers + index * 4, true);
    let end = start;
    while (wasi.view.getUint8(end) !== 0) end++;
    return wasi.text(start, end - start);
  });
}

function sizesOf(wasi: WasiCaller, kind: 'args' | 'environ'): number[] {
  const sizes = wasi.room(8);
  done(wasi.call(`${kind}_sizes_get`, sizes, sizes + 4));
  return [wasi.view.getUint32(sizes, true), wasi.view.getUint32(sizes + 4, true)];
}

function clock(wasi: WasiCaller, id: number, name = 'clock_time_get'): bigint {
  const at = wasi.room(8);
  done(name === 'clock_res_get' ? wasi.call(name, id, at) : wasi.call(name, id, 1n, at), name);
  return wasi.view.getBigUint64(at, true);
}

const ARGS = ['first', 'the "second" arg', '3'];
const PROGRAM = 'task'.length + 1;

export const processBehaviours: readonly Behaviour[] = [
  {
    name: 'args_get-multiple-arguments',
    world: { args: ARGS },
    run: ({ wasi }) => assert.deepEqual(strings(wasi, 'args').slice(1), ARGS),
  },
  {
    name: 'args_sizes_get-multiple-arguments',
    world: { args: ARGS },
    run: ({ wasi }) => assert.deepEqual(sizesOf(wasi, 'args'), [4, PROGRAM + ARGS.join('0').length + 1]),
  },
  {
    name: 'args_sizes_get-no-arguments',
    run: ({ wasi }) => assert.deepEqual(sizesOf(wasi, 'args'), [1, PROGRAM]),
  },
  {
    name: 'environ_get-multiple-variables',
    world: { env: { A: 'text', B: 'a = "b"', C: '3' } },
    run: ({ wasi }) => assert.deepEqual(strings(wasi, 'environ').sort(), ['A=text', 'B=a = "b"', 'C=3']),
  },
  {
    name: 'environ_sizes_get-multiple-variables',
    world: { env: { A: 'text', B: 'b' } },
    run: ({ wasi }) => assert.deepEqual(sizesOf(wasi, 'environ'), [2, 11]),
  },
  {
    name: 'environ_sizes_get-no-variables',
    run: ({ wasi }) => assert.deepEqual(sizesOf(wasi, 'environ'), [0, 0]),
  },
  { name: 'proc_exit-success', run: ({ exit }) => assert.equal(exit(0), 0) },
  { name: 'proc_exit-failure', run: ({ exit }) => assert.equal(exit(33), 33) },
  {
    name: 'random_get-zero-length',
    run: ({ wasi }) => done(wasi.call('random_get', wasi.room(8), 0)),
  },
  {
    name: 'random_get-non-zero-length',
    run({ wasi }) {
      const at = wasi.room(300);
      done(wasi.call('random_get', at, 256));
      assert.ok(new Uint8Array(wasi.memory.buffer, at, 256).some((byte) => byte !== 0));
      assert.ok(new Uint8Array(wasi.memory.buffer, at + 256, 40).every((byte) => byte === 0));
    },
  },
  {
    name: 'big_random_buf',
    run({ wasi }) {
      const size = 100_000;
      const at = wasi.room(size);
      done(wasi.call('random_get', at, size));
      const bytes = new Uint8Array(wasi.memory.buffer, at, size);
      assert.ok(bytes.subarray(0, 1_024).some((byte) => byte !== 0));
      assert.ok(bytes.subarray(-1_024).some((byte) => byte !== 0));
    },
  },
  { name: 'clock_getres-monotonic', run: ({ wasi }) => assert.ok(clock(wasi, 1, 'clock_res_get') > 0n) },
  { name: 'clock_getres-realtime', run: ({ wasi }) => assert.ok(clock(wasi, 0, 'clock_res_get') > 0n) },
  { name: 'clock_gettime-realtime', run: ({ wasi }) => assert.ok(clock(wasi, 0) > 0n) },
  {
    name: 'clock_gettime-monotonic',
    run({ wasi }) {
      const times = Array.from({ length: 20 }, () => clock(wasi, 1));
      for (const [index, time] of times.entries())
        assert.ok(index === 0 || time >= times[index - 1]!, 'time went back');
    },
  },
  {
    name: 'clock_time_get',
    run({ wasi }) {
      const first = clock(wasi, 1);
      assert.ok(clock(wasi, 1) >= first, 'time went back');
      fails(wasi.call('clock_time_get', 99, 0n, wasi.room(8)), [e.EINVAL], 'an unknown clock');
    },
  },
  { name: 'sched_yield', run: ({ wasi }) => done(wasi.call('sched_yield')) },
  {
    name: 'sock_shutdown-invalid_fd',
    run: ({ wasi }) => fails(wasi.call('sock_shutdown', 77, 3), [e.EBADF]),
  },
  {
    name: 'sock_shutdown-not_sock',
    run({ wasi }) {
      fails(wasi.call('sock_shutdown', 4, 3), [e.ENOTSOCK, e.EBADF, e.ENOTCAPABLE], 'a directory');
      const file = paths(wasi).open('file', e.OFLAGS_CREAT, READ);
      fails(wasi.call('sock_shutdown', file, 3), [e.ENOTSOCK, e.ENOTCAPABLE], 'a file');
    },
  },
];
