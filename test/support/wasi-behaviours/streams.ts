// Standard streams: writing, moving, polling, terminals.

import { CREATE, type WasiCaller } from '../wasi-caller.ts';
import { assert, type Behaviour, done, e, fails, ok, paths } from './behaviour.ts';

/** What some hosts say of memory that is not there. */
const EOVERFLOW = 61;
const SUBSCRIPTION = 48;
const EVENT = 32;
const CLOCK = 0;
const FD_READ = 1;
const FD_WRITE = 2;
const TIMEOUT_NS = 20_000_000n;
const CLOCK_USER = 100n;

interface Event {
  readonly user: bigint;
  readonly error: number;
  readonly type: number;
}

/** Polls descriptors beside a timer of 20 ms. */
function poll(wasi: WasiCaller, wants: readonly { readonly fd: number; readonly type: number }[]): Event[] {
  const count = wants.length + 1;
  const list = wasi.room(count * SUBSCRIPTION);
  const events = wasi.room(count * EVENT);
  const result = wasi.room(4);
  const { view } = wasi;
  for (const [index, { fd, type }] of wants.entries()) {
    const at = list + index * SUBSCRIPTION;
    view.setBigUint64(at, BigInt(fd), true);
    view.setUint8(at + 8, type);
    view.setUint32(at + 16, fd, true);
  }
  const timer = list + wants.length * SUBSCRIPTION;
  view.setBigUint64(timer, CLOCK_USER, true);
  view.setUint8(timer + 8, CLOCK);
  view.setUint32(timer + 16, 1, true);
  view.setBigUint64(timer + 24, TIMEOUT_NS, true);
  done(wasi.call('poll_oneoff', list, events, count, result), 'poll_oneoff');
  return Array.from({ length: view.getUint32(result, true) }, (_, index) => ({
    user: view.getBigUint64(events + index * EVENT, true),
    error: view.getUint16(events + index * EVENT + 8, true),
    type: view.getUint8(events + index * EVENT + 10),
  }));
}

export const streamBehaviours: readonly Behaviour[] = [
  {
    name: 'fd_write-to-stdout',
    run({ wasi, printed }) {
      assert.equal(wasi.write(1, 'hello', ' world', '\n'), 12);
      assert.equal(printed(), 'hello world\n');
    },
  },
  { name: 'fd_write-to-invalid-fd', run: ({ wasi }) => fails(wasi.write(99, 'hello'), [e.EBADF]) },
  {
    name: 'fd_read-from-stdin',
    world: { stdin: 'line one\nline two' },
    run({ wasi }) {
      let text = '';
      for (let part = wasi.read(0, 5); part !== ''; part = wasi.read(0, 5)) {
        ok(part, 'fd_read');
        text += part;
      }
      assert.equal(text, 'line one\nline two');
    },
  },
  {
    name: 'isatty',
    run({ wasi }) {
      const file = paths(wasi).open('file', CREATE);
      const stat = wasi.fdstat(file);
      ok(stat, 'fd_fdstat_get');
      assert.notEqual((stat as { filetype: number }).filetype, 2, 'a file is no terminal');
    },
  },
  {
    name: 'stdio',
    run({ wasi }) {
      for (const stream of [0, 1, 2]) {
        const file = paths(wasi).open('file', CREATE);
        ok(file, 'path_open');
        done(wasi.call('fd_renumber', stream, file), 'fd_renumber');
        ok(wasi.fdstat(file), 'where it went');
        fails(wasi.fdstat(stream), [e.EBADF], 'where it was');
        done(paths(wasi).unlink('file'), 'unlink');
      }
    },
  },
  {
    name: 'stdio-renumbered-still-writes',
    run({ wasi, printed }) {
      const file = paths(wasi).open('file', CREATE);
      done(wasi.call('fd_renumber', 1, file), 'fd_renumber');
      assert.equal(wasi.write(file, 'moved'), 5);
      assert.equal(printed(), 'moved');
    },
  },
  {
    name: 'poll_oneoff_stdio',
    world: { stdin: 'typed' },
    run({ wasi }) {
      const read = poll(wasi, [{ fd: 0, type: FD_READ }]);
      assert.ok(read.length >= 1, 'something happened');
      for (const event of read) {
        assert.equal(event.error, 0);
        assert.equal(event.user, event.type === CLOCK ? CLOCK_USER : 0n);
      }
      const pending = new Set([1n, 2n]);
      for (let round = 0; pending.size > 0 && round < 3; round++)
        for (const event of poll(
          wasi,
          [...pending].map((fd) => ({ fd: Number(fd), type: FD_WRITE })),
        )) {
          assert.deepEqual([event.type, event.error], [FD_WRITE, 0]);
          pending.delete(event.user);
        }
      assert.equal(pending.size, 0, 'both streams can be written');
    },
  },
  {
    name: 'poll_oneoff-clock',
    run({ wasi }) {
      assert.deepEqual(poll(wasi, []), [{ user: CLOCK_USER, error: 0, type: CLOCK }]);
    },
  },
  {
    name: 'fd_write-out-of-memory-bounds',
    run({ wasi }) {
      const vector = wasi.room(8);
      wasi.view.setUint32(vector, wasi.memory.buffer.byteLength - 2, true);
      wasi.view.setUint32(vector + 4, 16, true);
      fails(
        wasi.call('fd_write', 1, vector, 1, wasi.room(4)),
        [e.EFAULT, e.EINVAL, EOVERFLOW],
        'beyond memory',
      );
      assert.equal(wasi.write(1, 'x'), 1);
    },
  },
];
