// Regular files: reading, writing, offsets, sizes, times, flags, rights.

import { CREATE, type Filestat, READ, TRUNCATE, WRITE } from '../wasi-caller.ts';
import { assert, type Behaviour, done, e, fails, ok, paths, seek } from './behaviour.ts';

const SEEK = 1n << 2n;
const TELL = 1n << 5n;
const STAT = 1n << 21n;
const BOTH = READ | WRITE | SEEK | TELL | STAT;

const size = (stat: Filestat | number): bigint => {
  ok(stat, 'stat');
  return (stat as Filestat).size;
};

export const fileBehaviours: readonly Behaviour[] = [
  {
    name: 'fopen-with-access',
    run({ wasi }) {
      wasi.file('file', 'text');
      assert.equal(wasi.read(paths(wasi).open('file', 0, READ), 9), 'text');
    },
  },
  {
    name: 'fopen-with-no-access',
    run({ wasi }) {
      // Without a right to read, the descriptor gives nothing.
      wasi.file('file', 'text');
      const fd = paths(wasi).open('file', 0, WRITE);
      ok(fd, 'path_open');
      fails(wasi.read(fd, 9), [e.EBADF, e.ENOTCAPABLE], 'fd_read');
    },
  },
  {
    name: 'lseek',
    run({ wasi }) {
      const fd = paths(wasi).open('file', CREATE, BOTH);
      assert.equal(wasi.write(fd, 'hello'), 5);
      assert.equal(seek(wasi, fd, 0n, 1), 5n);
      assert.equal(seek(wasi, fd, 1n, 0), 1n);
      assert.equal(seek(wasi, fd, 2n, 1), 3n);
      assert.equal(seek(wasi, fd, -1n, 2), 4n);
      assert.equal(wasi.read(fd, 9), 'o');
      fails(seek(wasi, fd, -9n, 1), [e.EINVAL], 'before the start');
    },
  },
  {
    name: 'pread-with-access',
    run({ wasi }) {
      wasi.file('file', 'abcdef');
      const fd = paths(wasi).open('file', 0, BOTH);
      assert.equal(wasi.read(fd, 2, 3n), 'de');
      assert.equal(seek(wasi, fd, 0n, 1), 0n);
      assert.equal(wasi.read(fd, 2), 'ab');
    },
  },
  {
    name: 'pwrite-with-access',
    run({ wasi }) {
      wasi.file('file', 'abcdef');
      const fd = paths(wasi).open('file', 0, BOTH);
      assert.equal(wasi.pwrite(fd, 'XY', 2n), 2);
      assert.equal(seek(wasi, fd, 0n, 1), 0n);
      assert.equal(wasi.read(fd, 9), 'abXYef');
    },
  },
  {
    name: 'pwrite-with-append',
    run({ wasi }) {
      // As POSIX says, and not as Linux does: the offset decides, also under append.
      wasi.file('file', 'abcdef');
      const fd = paths(wasi).open('file', 0, BOTH, { fdflags: e.FDFLAGS_APPEND });
      assert.equal(wasi.pwrite(fd, 'XY', 1n), 2);
      assert.equal(wasi.read(fd, 9, 0n), 'aXYdef');
    },
  },
  {
    name: 'file_pread_pwrite',
    run({ wasi }) {
      const fd = paths(wasi).open('file', CREATE, BOTH);
      assert.equal(wasi.pwrite(fd, '0123', 0n), 4);
      assert.equal(wasi.read(fd, 4, 0n), '0123');
      assert.equal(wasi.read(fd, 4, 2n), '23');
      assert.equal(wasi.read(fd, 4, 4n), '');
      assert.equal(wasi.pwrite(fd, '67', 6n), 2);
      assert.equal(wasi.read(fd, 9, 0n), '0123\0\x0067');
      fails(wasi.pwrite(fd, 'x', -1n), [e.EINVAL, e.EFBIG], 'a negative offset');
    },
  },
  {
    name: 'file_seek_tell',
    run({ wasi }) {
      const fd = paths(wasi).open('file', CREATE, BOTH);
      const at = wasi.room(8);
      const tell = (): bigint => {
        done(wasi.call('fd_tell', fd, at), 'fd_tell');
        return wasi.view.getBigUint64(at, true);
      };
      assert.equal(tell(), 0n);
      wasi.write(fd, 'x'.repeat(100));
      assert.equal(tell(), 100n);
      assert.equal(seek(wasi, fd, -50n, 1), 50n);
      assert.equal(tell(), 50n);
      assert.equal(seek(wasi, fd, 1_000n, 0), 1_000n);
      assert.equal(wasi.read(fd, 9), '');
      fails(seek(wasi, fd, -2_000n, 1), [e.EINVAL], 'before the start');
      fails(seek(wasi, fd, 0n, 7), [e.EINVAL], 'an unknown origin');
    },
  },
  {
    name: 'file_truncation',
    run({ wasi }) {
      wasi.file('file', 'abcdef');
      const fd = paths(wasi).open('file', TRUNCATE, BOTH);
      ok(fd, 'path_open');
      assert.equal(wasi.read(fd, 9), '');
      assert.equal(size(wasi.fdStat(fd)), 0n);
      wasi.write(fd, 'x');
      assert.equal(size(paths(wasi).stat('file')), 1n);
    },
  },
  {
    name: 'file_unbuffered_write',
    run({ wasi }) {
      const reader = paths(wasi).open('file', CREATE, READ);
      const writer = paths(wasi).open('file', 0, WRITE);
      assert.equal(wasi.write(writer, 'now'), 3);
      assert.equal(wasi.read(reader, 9), 'now');
    },
  },
  {
    name: 'file_allocate',
    run({ wasi }) {
      const fd = paths(wasi).open('file', CREATE, BOTH | (1n << 8n) | (1n << 22n));
      const allocate = (offset: bigint, length: bigint): number =>
        wasi.call('fd_allocate', fd, offset, length);
      done(allocate(0n, 100n), 'fd_allocate');
      assert.equal(size(wasi.fdStat(fd)), 100n);
      done(allocate(10n, 10n), 'within');
      assert.equal(size(wasi.fdStat(fd)), 100n);
      done(allocate(90n, 20n), 'over the end');
      assert.equal(size(wasi.fdStat(fd)), 110n);
      assert.equal(wasi.read(fd, 4, 106n), '\0\0\0\0');
      fails(allocate(0n, 0n), [e.EINVAL], 'nothing');
    },
  },
  {
    name: 'fd_advise',
    run({ wasi }) {
      const fd = paths(wasi).open('file', CREATE, BOTH | (1n << 7n));
      for (let advice = 0; advice <= 5; advice++)
        done(wasi.call('fd_advise', fd, 0n, 100n, advice), 'fd_advise');
      assert.equal(size(wasi.fdStat(fd)), 0n);
      fails(wasi.call('fd_advise', fd, 0n, 0n, 77), [e.EINVAL], 'unknown advice');
    },
  },
  {
    name: 'fd_filestat_get',
    run({ wasi }) {
      const fd = paths(wasi).open('file', CREATE, BOTH);
      wasi.write(fd, 'abc');
      const stat = wasi.fdStat(fd) as Filestat;
      assert.deepEqual([stat.size, stat.filetype, stat.nlink], [3n, e.FILETYPE_REGULAR_FILE, 1n]);
      ok(wasi.fdStat(1), 'of a stream');
      fails(wasi.fdStat(99), [e.EBADF]);
    },
  },
  {
    name: 'fd_filestat_set',
    run({ wasi }) {
      const fd = paths(wasi).open('file', CREATE, BOTH | (1n << 22n) | (1n << 23n));
      done(wasi.call('fd_filestat_set_size', fd, 100n), 'fd_filestat_set_size');
      const before = wasi.fdStat(fd) as Filestat;
      assert.equal(before.size, 100n);
      done(wasi.call('fd_filestat_set_times', fd, 0n, before.mtim - 100_000n, 4), 'fd_filestat_set_times');
      const after = wasi.fdStat(fd) as Filestat;
      assert.deepEqual([after.size, after.mtim, after.atim], [100n, before.mtim - 100_000n, before.atim]);
      fails(wasi.call('fd_filestat_set_times', fd, 0n, 1n, 12), [e.EINVAL], 'set and now');
      assert.equal((wasi.fdStat(fd) as Filestat).mtim, after.mtim);
    },
  },
  {
    name: 'fstflags_validate',
    run({ wasi }) {
      wasi.file('file');
      const set = (flags: number): number =>
        wasi.call('path_filestat_set_times', 4, 0, 'file', 5n, 5n, flags);
      for (const flags of [0, 1, 2, 4, 8, 5, 6, 9, 10]) done(set(flags), `flags ${flags}`);
      for (const flags of [3, 12, 15, 7, 13]) fails(set(flags), [e.EINVAL], `flags ${flags}`);
    },
  },
  {
    name: 'fd_flags_set',
    run({ wasi }) {
      const fd = paths(wasi).open('file', CREATE, BOTH | (1n << 3n), { fdflags: e.FDFLAGS_APPEND });
      wasi.write(fd, 'aaaa');
      seek(wasi, fd, 0n, 0);
      wasi.write(fd, 'bbbb');
      assert.equal(wasi.read(fd, 9, 0n), 'aaaabbbb');
      done(wasi.call('fd_fdstat_set_flags', fd, 0), 'fd_fdstat_set_flags');
      seek(wasi, fd, 0n, 0);
      wasi.write(fd, 'cc');
      assert.equal(wasi.read(fd, 9, 0n), 'ccaabbbb');
      assert.equal(size(paths(wasi).stat('file')), 8n);
    },
  },
  {
    name: 'fd_fdstat_set_rights',
    run({ wasi }) {
      const fd = paths(wasi).open('file', CREATE, BOTH);
      assert.equal(wasi.write(fd, 'abcd'), 4);
      const { rights, inheriting } = wasi.fdstat(fd) as { rights: bigint; inheriting: bigint };
      done(wasi.call('fd_fdstat_set_rights', fd, rights & ~(READ | WRITE), inheriting), 'giving up');
      const left = (wasi.fdstat(fd) as { rights: bigint }).rights;
      assert.deepEqual([left & (READ | WRITE), left & SEEK], [0n, SEEK]);
      fails(wasi.read(fd, 4), [e.EBADF, e.ENOTCAPABLE], 'fd_read');
      fails(wasi.write(fd, 'x'), [e.EBADF, e.ENOTCAPABLE], 'fd_write');
      fails(
        wasi.call('fd_fdstat_set_rights', fd, left | READ | WRITE, inheriting),
        [e.ENOTCAPABLE],
        'taking back',
      );
    },
  },
  {
    name: 'stat-dev-ino',
    run({ wasi }) {
      const one = paths(wasi).open('one', CREATE, BOTH);
      wasi.file('two');
      const inode = (wasi.fdStat(one) as Filestat).ino;
      assert.equal((paths(wasi).stat('one') as Filestat).ino, inode);
      assert.notEqual((paths(wasi).stat('two') as Filestat).ino, inode);
    },
  },
  {
    name: 'truncation_rights',
    run({ wasi }) {
      const { mkdir, open, close } = paths(wasi);
      done(mkdir('dir'));
      const given = wasi.fdstat(4) as { rights: bigint; inheriting: bigint };
      const dir = wasi.open('dir', e.OFLAGS_DIRECTORY, given.rights, { inheriting: given.inheriting });
      ok(dir, 'path_open');
      wasi.file('file', 'x', dir);
      const stat = wasi.fdstat(dir) as { filetype: number; rights: bigint; inheriting: bigint };
      const [setSize, pathSetSize] = [1n << 22n, 1n << 19n];
      assert.equal(stat.filetype, e.FILETYPE_DIRECTORY);
      assert.equal(stat.rights & setSize, 0n, 'directories have no size to set');
      ok(wasi.open('file', TRUNCATE, 0n, { fd: dir }), 'truncating');
      if ((stat.rights & pathSetSize) !== 0n) {
        const rights = stat.rights & ~pathSetSize;
        done(wasi.call('fd_fdstat_set_rights', dir, rights, stat.inheriting & ~setSize), 'giving up');
        fails(
          wasi.open('file', TRUNCATE, 0n, { fd: dir }),
          [e.ENOTCAPABLE, e.EPERM],
          'truncating without right',
        );
      }
      close(open('dir/file'));
    },
  },
  {
    name: 'fd_sync',
    run({ wasi }) {
      const fd = paths(wasi).open('file', CREATE, BOTH | 1n | (1n << 4n));
      wasi.write(fd, 'x');
      done(wasi.call('fd_sync', fd), 'fd_sync');
      done(wasi.call('fd_datasync', fd), 'fd_datasync');
      fails(wasi.call('fd_sync', 99), [e.EBADF]);
    },
  },
];
