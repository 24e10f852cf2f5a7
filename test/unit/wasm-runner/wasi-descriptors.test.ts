// WASI preview 1: what calls on descriptors, clocks, arguments and poll return. The cases are those of docs/reference/wasi-host.md.

import assert from 'node:assert/strict';
import { FuelEnd, OutputEnd } from '../../../wasm-runner/wasi/ends.ts';
import * as e from '../../../wasm-runner/wasi/errno.ts';
import { CREATE, DIRECTORY, type Filestat, Guest, IN, OUT, READ, WRITE } from '../../support/wasi-guest.ts';

const seek = (guest: Guest, fd: number, offset: bigint, whence: number): bigint | number => {
  const at = guest.room(8);
  const errno = guest.call('fd_seek', fd, offset, whence, at);
  return errno === 0 ? guest.view.getBigUint64(at, true) : -errno;
};

describe('wasi: descriptors', () => {
  let guest: Guest;
  let fd: number;
  beforeEach(() => {
    guest = new Guest({ stdin: Buffer.from('typed'), inputs: { 'a.txt': Buffer.from('input') } });
    fd = guest.open('f', CREATE, READ | WRITE);
  });

  it('reads what was written, from the offset, until the end', () => {
    assert.equal(guest.write(fd, 'hello ', '', 'world'), 11);
    assert.equal(guest.read(fd, 4), '');
    assert.equal(seek(guest, fd, 6n, 0), 6n);
    assert.equal(guest.read(fd, 3), 'wor');
    assert.equal(guest.read(fd, 99), 'ld');
    assert.equal(guest.read(fd, 5, 0n), 'hello');
    assert.equal(guest.read(fd, 5, 99n), '');
  });
  it('writes past the end leave zeroes; append goes to the end, pwrite does not', () => {
    assert.equal(guest.pwrite(fd, 'x', 3n), 1);
    assert.equal(guest.read(fd, 9, 0n), '\0\0\0x');
    const append = guest.open('f', 0, READ | WRITE, { fdflags: e.FDFLAGS_APPEND });
    assert.equal(guest.write(append, 'yz'), 2);
    assert.equal(guest.pwrite(append, 'A', 0n), 1);
    assert.equal(guest.read(fd, 9, 0n), 'A\0\0xyz');
  });
  it('rights decide: no read right, no write right is EBADF', () => {
    const none = guest.open('f');
    assert.equal(guest.read(none, 1), -e.EBADF);
    assert.equal(guest.read(none, 1, 0n), -e.EBADF);
    assert.equal(guest.write(none, 'x'), -e.EBADF);
    assert.equal(guest.pwrite(none, 'x', 0n), -e.EBADF);
    assert.equal(guest.call('fd_filestat_set_size', none, 1n), e.EBADF);
  });
  it('seek and tell: from start, here, end; never below zero; EINVAL, ESPIPE, EBADF', () => {
    guest.write(fd, 'abcdef');
    assert.equal(seek(guest, fd, -2n, 2), 4n);
    assert.equal(seek(guest, fd, -1n, 1), 3n);
    assert.equal(seek(guest, fd, 100n, 0), 100n);
    assert.equal(seek(guest, fd, -1n, 0), -e.EINVAL);
    assert.equal(seek(guest, fd, 0n, 3), -e.EINVAL);
    assert.equal(seek(guest, 1, 0n, 1), -e.ESPIPE);
    assert.equal(seek(guest, OUT, 0n, 1), -e.EBADF);
    const at = guest.room(8);
    assert.equal(guest.call('fd_tell', fd, at), 0);
    assert.equal(guest.view.getBigUint64(at, true), 100n);
  });
  it('sizes: set, allocate, advise', () => {
    assert.equal(guest.call('fd_filestat_set_size', fd, 100n), 0);
    assert.equal((guest.fdStat(fd) as Filestat).size, 100n);
    assert.equal(guest.call('fd_allocate', fd, 10n, 10n), 0);
    assert.equal((guest.fdStat(fd) as Filestat).size, 100n);
    assert.equal(guest.call('fd_allocate', fd, 90n, 20n), 0);
    assert.equal((guest.fdStat(fd) as Filestat).size, 110n);
    assert.equal(guest.call('fd_allocate', fd, 0n, 0n), e.EINVAL);
    assert.equal(guest.call('fd_allocate', fd, 1n << 40n, 1n), e.EFBIG);
    assert.equal(guest.call('fd_filestat_set_size', fd, -1n), e.EFBIG);
    assert.equal(guest.call('fd_advise', fd, 0n, 10n, 5), 0);
    assert.equal(guest.call('fd_advise', fd, 0n, 10n, 6), e.EINVAL);
    assert.equal(guest.call('fd_advise', OUT, 0n, 10n, 0), e.EBADF);
  });
  it('a file that shrank grows again with zeroes', () => {
    guest.write(fd, 'abcdef');
    assert.equal(guest.call('fd_filestat_set_size', fd, 1n), 0);
    assert.equal(guest.call('fd_filestat_set_size', fd, 4n), 0);
    assert.equal(guest.read(fd, 9, 0n), 'a\0\0\0');
  });
  it('a directory cannot be read, written, sized or allocated', () => {
    assert.equal(guest.read(OUT, 1), -e.EISDIR);
    assert.equal(guest.write(OUT, 'x'), -e.EISDIR);
    assert.equal(guest.read(OUT, 1, 0n), -e.EBADF);
    assert.equal(guest.pwrite(OUT, 'x', 0n), -e.EBADF);
    assert.equal(guest.call('fd_allocate', OUT, 0n, 0n), e.EBADF);
    assert.equal(guest.call('fd_filestat_set_size', OUT, 0n), e.EBADF);
  });
  it('stat tells type, size, links, and a different inode for each file', () => {
    guest.file('g', 'abc');
    const one = guest.stat('g') as Filestat;
    assert.deepEqual([one.filetype, one.size, one.nlink], [e.FILETYPE_REGULAR_FILE, 3n, 1n]);
    assert.notEqual(one.ino, (guest.fdStat(fd) as Filestat).ino);
    assert.equal((guest.fdStat(OUT) as Filestat).filetype, e.FILETYPE_DIRECTORY);
    assert.equal((guest.fdStat(0) as Filestat).filetype, e.FILETYPE_UNKNOWN);
    assert.equal(guest.fdStat(77), -e.EBADF);
  });
  it('fd_filestat_set_times as path_filestat_set_times', () => {
    assert.equal(guest.call('fd_filestat_set_times', fd, 100n, 200n, 5), 0);
    const { atim, mtim } = guest.fdStat(fd) as Filestat;
    assert.deepEqual([atim, mtim], [100n, 200n]);
    assert.equal(guest.call('fd_filestat_set_times', fd, 0n, 0n, 3), e.EINVAL);
    assert.equal(guest.call('fd_filestat_set_times', 1, 0n, 0n, 1), e.EBADF);
  });
  it('directories have path rights and no seek or size right; rights can only be given up', () => {
    const opened = guest.open('.', DIRECTORY, 1n << 2n);
    const { rights } = guest.fdstat(opened) as { rights: bigint };
    assert.equal(rights, 0n);
    const base = (guest.fdstat(OUT) as { rights: bigint }).rights;
    assert.equal(base & ((1n << 22n) | (1n << 19n) | (1n << 2n)), 0n);
    assert.equal(base & (1n << 13n), 1n << 13n);
    assert.equal(guest.call('fd_fdstat_set_rights', fd, READ, 0n), 0);
    assert.equal(guest.write(fd, 'x'), -e.EBADF);
    assert.equal(guest.call('fd_fdstat_set_rights', fd, READ | WRITE, 0n), e.ENOTCAPABLE);
  });
  it('flags can be changed on files, not on directories', () => {
    assert.equal(guest.call('fd_fdstat_set_flags', fd, e.FDFLAGS_APPEND), 0);
    assert.equal((guest.fdstat(fd) as { flags: number }).flags, e.FDFLAGS_APPEND);
    assert.equal(guest.call('fd_fdstat_set_flags', fd, 32), e.EINVAL);
    assert.equal(guest.call('fd_fdstat_set_flags', OUT, 0), e.EBADF);
    assert.equal(guest.fdstat(77), -e.EBADF);
  });
  it('close and renumber', () => {
    const other = guest.open('g', CREATE, READ | WRITE);
    guest.write(fd, 'first');
    assert.equal(guest.call('fd_renumber', fd, other), 0);
    assert.equal(guest.call('fd_close', fd), e.EBADF);
    assert.equal(guest.read(other, 9, 0n), 'first');
    assert.equal(guest.call('fd_renumber', other, 99), e.EBADF);
    assert.equal(guest.call('fd_renumber', 99, other), e.EBADF);
    assert.equal(guest.call('fd_renumber', other, other), 0);
    assert.equal(guest.call('fd_renumber', 1, other), 0, 'streams move too');
    assert.equal(guest.write(other, 'moved'), 5);
    assert.equal(Buffer.from(guest.host.stdout.content()).toString(), 'moved');
    assert.equal(guest.call('fd_renumber', OUT, IN), 0, 'over a preopened directory');
  });
  it('sync does nothing on files and directories, and is EINVAL on streams', () => {
    for (const name of ['fd_sync', 'fd_datasync']) {
      assert.equal(guest.call(name, fd), 0);
      assert.equal(guest.call(name, OUT), 0);
      assert.equal(guest.call(name, 1), e.EINVAL);
      assert.equal(guest.call(name, 77), e.EBADF);
    }
  });
  it('streams: stdin ends, stdout takes, and not the other way round', () => {
    assert.equal(guest.read(0, 3), 'typ');
    assert.equal(guest.read(0, 9), 'ed');
    assert.equal(guest.read(0, 9), '');
    assert.equal(guest.write(0, 'x'), -e.EBADF);
    assert.equal(guest.read(1, 1), -e.EBADF);
    assert.equal(guest.write(2, 'oops'), 4);
    assert.equal(Buffer.from(guest.host.stderr.content()).toString(), 'oops');
  });
  it('a vector outside memory is EFAULT, and too many vectors EINVAL', () => {
    assert.equal(guest.call('fd_write', 1, -8, 1, guest.room(4)), e.EFAULT);
    assert.equal(guest.call('fd_write', 1, 0, 1_025, guest.room(4)), e.EINVAL);
    assert.equal(guest.call('fd_write', 1, guest.room(8), 1, -2), e.EFAULT);
  });
  it('prestat names the directories, and nothing else', () => {
    const at = guest.room(8);
    assert.equal(guest.call('fd_prestat_get', IN, at), 0);
    assert.equal(guest.view.getUint32(at + 4, true), 3);
    assert.equal(guest.call('fd_prestat_dir_name', IN, at, 3), 0);
    assert.equal(guest.text(at, 3), '/in');
    assert.equal(guest.call('fd_prestat_dir_name', OUT, at, 8), 0);
    assert.equal(guest.text(at, 4), '/out');
    assert.equal(guest.call('fd_prestat_dir_name', OUT, at, 3), e.ENAMETOOLONG);
    assert.equal(guest.call('fd_prestat_get', 5, at), e.EBADF);
    assert.equal(guest.call('fd_prestat_get', 0, at), e.EBADF);
  });

  describe('readdir', () => {
    it('lists dots first, then names in byte order, with a cookie each', () => {
      for (const name of ['b', 'a', 'Z', 'é', '😀', '�']) guest.file(name);
      const { entries } = guest.list(OUT);
      assert.deepEqual(
        entries.map((entry) => entry.name),
        ['.', '..', 'Z', 'a', 'b', 'f', 'é', '�', '😀'],
      );
      assert.deepEqual(
        guest.list(OUT, 4_096, entries[5]!.next).entries.map((entry) => entry.name),
        ['é', '�', '😀'],
      );
      assert.equal(entries[0]!.type, e.FILETYPE_DIRECTORY);
      assert.equal(entries[3]!.ino, (guest.stat('a') as Filestat).ino);
    });
    it('fills a small buffer with a cut entry, and goes on from a cookie', () => {
      for (let index = 0; index < 50; index++) guest.file(`file.${index}`);
      const names: string[] = [];
      let cookie = 0n;
      for (let eof = false; !eof; ) {
        const { entries, used } = guest.list(OUT, 100, cookie);
        names.push(...entries.map((entry) => entry.name));
        eof = used < 100;
        cookie = entries.at(-1)?.next ?? cookie;
      }
      assert.equal(names.length, 53);
      assert.equal(new Set(names).size, 53);
    });
    it('a reader that removes what it lists sees every name once', () => {
      for (let index = 0; index < 40; index++) guest.file(`file.${index}`);
      let removed = 0;
      let cookie = 0n;
      for (;;) {
        const { entries } = guest.list(OUT, 120, cookie);
        if (entries.length === 0) break;
        for (const entry of entries)
          if (entry.name.startsWith('file'))
            removed += guest.call('path_unlink_file', OUT, entry.name) === 0 ? 1 : 0;
        cookie = entries.at(-1)!.next;
      }
      assert.equal(removed, 40);
    });
    it('is for directories only', () => {
      assert.equal(guest.call('fd_readdir', fd, guest.room(8), 8, 0n, guest.room(4)), e.ENOTDIR);
      assert.equal(guest.call('fd_readdir', 1, guest.room(8), 8, 0n, guest.room(4)), e.EBADF);
    });
  });

  describe('limits', () => {
    it('output beyond the bound ends the run; giving space back makes room once', () => {
      const small = new Guest({ outputBytes: 2_000 });
      const file = small.open('f', CREATE, READ | WRITE);
      assert.equal(small.write(file, 'x'.repeat(1_500)), 1_500);
      assert.equal(small.call('path_unlink_file', OUT, 'f'), 0);
      assert.throws(() => small.file('g', 'x'.repeat(1_500)), OutputEnd, 'an open file still counts');
      const again = new Guest({ outputBytes: 2_000 });
      for (let round = 0; round < 5; round++) {
        again.file('f', 'x'.repeat(1_500));
        assert.equal(again.call('path_unlink_file', OUT, 'f'), 0);
      }
      const shrunk = again.open('s', CREATE, READ | WRITE);
      for (let round = 0; round < 5; round++) {
        assert.equal(again.call('fd_filestat_set_size', shrunk, 1_500n), 0);
        assert.equal(again.call('fd_filestat_set_size', shrunk, 0n), 0);
      }
      assert.throws(() => again.write(1, 'x'.repeat(1_900)), OutputEnd);
    });
    it('a file that is renamed over, or renumbered over without a name, gives its space back', () => {
      const small = new Guest({ outputBytes: 4_000 });
      for (let round = 0; round < 4; round++) {
        small.file('new', 'x'.repeat(1_500));
        assert.equal(small.call('path_rename', OUT, 'new', OUT, 'old'), 0);
      }
      for (let round = 0; round < 4; round++) {
        const file = small.open('gone', CREATE, READ | WRITE);
        small.write(file, 'x'.repeat(1_500));
        small.call('path_unlink_file', OUT, 'gone');
        assert.equal(small.call('fd_renumber', small.open('old'), file), 0);
        small.call('fd_close', file);
      }
    });
    it('a file that shrinks after its name is gone does not give space back twice', () => {
      const small = new Guest({ outputBytes: 4_000 });
      const file = small.open('f', CREATE, READ | WRITE);
      small.write(file, 'x'.repeat(3_000));
      small.call('path_unlink_file', OUT, 'f');
      small.call('fd_filestat_set_size', file, 0n);
      small.call('fd_close', file);
      assert.throws(() => small.write(1, 'x'.repeat(4_100)), OutputEnd);
    });
    it('host calls charge fuel by call and by byte, and end the run when it is gone', () => {
      const before = guest.fuelUsed;
      guest.write(1, 'x'.repeat(800));
      assert.equal(guest.fuelUsed - before, 200n);
      guest.counter.value = 50n << 20n;
      assert.throws(() => guest.call('sched_yield'), FuelEnd);
    });
  });
});
