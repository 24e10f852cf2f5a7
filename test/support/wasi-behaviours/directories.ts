// Directories and descriptors of directories: listing, removing, preopened ones, what cannot be done with them.

import { CREATE, DIRECTORY, type Filestat, IN, OUT, READ, TRUNCATE, WRITE } from '../wasi-caller.ts';
import { assert, type Behaviour, done, e, fails, ok, paths, seek } from './behaviour.ts';

const NOT_FOR_DIRECTORIES = [e.EISDIR, e.EBADF, e.ENOTCAPABLE];
/** Rights to list a directory and to ask for its state. */
const READDIR = (1n << 14n) | (1n << 21n);

export const directoryBehaviours: readonly Behaviour[] = [
  {
    name: 'fdopendir-with-access',
    run({ wasi }) {
      const { mkdir, open } = paths(wasi);
      done(mkdir('dir'));
      wasi.file('dir/a');
      wasi.file('dir/b');
      const names = wasi.list(open('dir', DIRECTORY, READDIR)).entries.map(({ name }) => name);
      assert.deepEqual(names.filter((name) => !name.startsWith('.')).sort(), ['a', 'b']);
    },
  },
  {
    name: 'fd_readdir',
    run({ wasi }) {
      const stat = wasi.fdStat(OUT) as Filestat;
      const empty = wasi.list(OUT).entries.sort((a, b) => (a.name < b.name ? -1 : 1));
      assert.deepEqual(
        empty.map(({ name, type }) => [name, type]),
        [
          ['.', e.FILETYPE_DIRECTORY],
          ['..', e.FILETYPE_DIRECTORY],
        ],
      );
      assert.equal(empty[0]!.ino, stat.ino);
      wasi.file('file');
      const { entries } = wasi.list(OUT);
      assert.equal(entries.length, 3);
      const file = entries.find(({ name }) => name === 'file')!;
      assert.deepEqual([file.type, file.ino], [e.FILETYPE_REGULAR_FILE, (wasi.stat('file') as Filestat).ino]);
      assert.deepEqual(
        wasi.list(OUT, 4_096, entries[1]!.next).entries.map(({ name }) => name),
        [entries[2]!.name],
      );
    },
  },
  {
    name: 'fd_readdir-lots',
    run({ wasi }) {
      for (let index = 0; index < 300; index++) {
        const fd = wasi.open(`file.${index}`, CREATE, READ);
        ok(fd, 'path_open');
        done(wasi.call('fd_close', fd));
      }
      const seen: string[] = [];
      let cookie = 0n;
      for (let end = false; !end && seen.length < 1_000; ) {
        const { entries, used } = wasi.list(OUT, 256, cookie);
        seen.push(...entries.map(({ name }) => name));
        end = used < 256;
        cookie = entries.at(-1)?.next ?? cookie;
      }
      assert.deepEqual([seen.length, new Set(seen).size], [302, 302]);
    },
  },
  {
    name: 'directory_seek',
    run({ wasi }) {
      done(paths(wasi).mkdir('dir'));
      const fd = paths(wasi).open('dir', DIRECTORY, 1n << 2n);
      ok(fd, 'path_open');
      fails(seek(wasi, fd, 0n, 1), NOT_FOR_DIRECTORIES, 'fd_seek');
      const stat = wasi.fdstat(fd) as { filetype: number; rights: bigint };
      assert.deepEqual([stat.filetype, stat.rights & (1n << 2n)], [e.FILETYPE_DIRECTORY, 0n]);
    },
  },
  {
    name: 'dir_fd_op_failures',
    run({ wasi }) {
      fails(
        wasi.call('fd_prestat_dir_name', OUT, wasi.room(8), 0),
        [e.EINVAL, e.ENAMETOOLONG],
        'a short buffer',
      );
      done(wasi.call('fd_prestat_dir_name', OUT, wasi.room(16), 5), 'a long buffer');
      fails(wasi.read(OUT, 8), NOT_FOR_DIRECTORIES, 'fd_read');
      fails(wasi.read(OUT, 8, 0n), NOT_FOR_DIRECTORIES, 'fd_pread');
      fails(wasi.write(OUT, 'x'), NOT_FOR_DIRECTORIES, 'fd_write');
      fails(wasi.pwrite(OUT, 'x', 0n), NOT_FOR_DIRECTORIES, 'fd_pwrite');
      for (const whence of [0, 1, 2]) fails(seek(wasi, OUT, 0n, whence), NOT_FOR_DIRECTORIES, 'fd_seek');
      fails(wasi.call('fd_tell', OUT, wasi.room(8)), NOT_FOR_DIRECTORIES, 'fd_tell');
      fails(wasi.call('fd_allocate', OUT, 0n, 1n), NOT_FOR_DIRECTORIES, 'fd_allocate');
      fails(wasi.call('fd_filestat_set_size', OUT, 0n), [...NOT_FOR_DIRECTORIES, e.EINVAL], 'set_size');
    },
  },
  {
    name: 'remove_nonempty_directory',
    run({ wasi }) {
      const { mkdir, rmdir } = paths(wasi);
      done(mkdir('dir'));
      done(mkdir('dir/nested'));
      fails(rmdir('dir'), [e.ENOTEMPTY]);
      done(rmdir('dir/nested'));
      done(rmdir('dir'));
    },
  },
  {
    name: 'remove_directory_trailing_slashes',
    run({ wasi }) {
      const { mkdir, rmdir } = paths(wasi);
      for (const path of ['dir', 'dir/']) {
        done(mkdir('dir'));
        done(rmdir(path), path);
      }
      wasi.file('file');
      fails(rmdir('file'), [e.ENOTDIR], 'a file');
      fails(rmdir('file/'), [e.ENOTDIR], 'a file with a slash');
    },
  },
  {
    name: 'path_create_directory-existing',
    run({ wasi }) {
      const { mkdir } = paths(wasi);
      done(mkdir('dir'));
      fails(mkdir('dir'), [e.EEXIST]);
      wasi.file('file');
      fails(mkdir('file'), [e.EEXIST], 'a file');
      fails(mkdir('none/dir'), [e.ENOENT], 'beneath nothing');
      fails(mkdir('file/dir'), [e.ENOTDIR], 'beneath a file');
    },
  },
  {
    name: 'close_preopen',
    run({ wasi }) {
      done(wasi.call('fd_close', IN), 'fd_close');
      assert.equal((wasi.fdstat(OUT) as { filetype: number }).filetype, e.FILETYPE_DIRECTORY);
      fails(wasi.fdstat(IN), [e.EBADF]);
    },
  },
  {
    name: 'overwrite_preopen',
    run({ wasi }) {
      done(paths(wasi).mkdir('dir'));
      const dir = paths(wasi).open('dir', DIRECTORY, READDIR);
      const { ino } = wasi.fdStat(dir) as Filestat;
      done(wasi.call('fd_renumber', dir, IN), 'fd_renumber');
      assert.equal((wasi.fdStat(IN) as Filestat).ino, ino);
      fails(wasi.fdstat(dir), [e.EBADF]);
    },
  },
  {
    name: 'renumber',
    run({ wasi }) {
      const { open, close } = paths(wasi);
      const from = open('one', CREATE, READ | WRITE);
      const to = open('two', CREATE, READ | WRITE);
      const before = wasi.fdstat(from);
      done(wasi.call('fd_renumber', from, to), 'fd_renumber');
      fails(close(from), [e.EBADF], 'the old number');
      assert.deepEqual(wasi.fdstat(to), before);
      done(close(to));
    },
  },
  {
    name: 'dangling_fd',
    run({ wasi }) {
      const { open, close, unlink, mkdir, rmdir } = paths(wasi);
      done(close(open('file', CREATE)));
      ok(open('file'), 'path_open');
      done(unlink('file'), 'unlink while open');
      ok(open('file', CREATE), 'the name is free');
      done(mkdir('dir'));
      ok(open('dir', DIRECTORY), 'path_open');
      done(rmdir('dir'), 'remove while open');
      done(mkdir('dir'), 'the name is free');
    },
  },
  {
    name: 'path_open_preopen',
    run({ wasi }) {
      const { rights, inheriting } = wasi.fdstat(OUT) as { rights: bigint; inheriting: bigint };
      // Path calls, listing, stat and times; files may also be read, written, moved in, synced and resized.
      const base = [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 23, 24, 25, 26];
      const files = [0, 1, 2, 3, 4, 5, 6, 7, 8, 22, 27];
      for (const bit of base) assert.ok(rights & (1n << BigInt(bit)), `base right ${bit}`);
      for (const bit of [...base, ...files])
        assert.ok(inheriting & (1n << BigInt(bit)), `inheriting right ${bit}`);
      ok(wasi.open('.', 0, rights, { inheriting }), 'with the same rights');
      ok(wasi.open('.'), 'without rights');
      ok(wasi.open('.', DIRECTORY), 'as a directory');
      ok(wasi.open('.', DIRECTORY, READ), 'with the right to read');
      fails(wasi.open('.', DIRECTORY, READ | WRITE), [e.EISDIR], 'with the right to write');
    },
  },
  {
    name: 'path_open_dirfd_not_dir',
    run({ wasi }) {
      const file = paths(wasi).open('file', CREATE);
      fails(wasi.open('foo', CREATE, 0n, { fd: file }), [e.ENOTDIR, e.ENOTCAPABLE]);
    },
  },
  { name: 'path_open_nonblock', run: ({ wasi }) => ok(wasi.open('.', 0, 0n, { fdflags: 4 }), 'path_open') },
  {
    name: 'path_open_directory-truncate',
    run({ wasi }) {
      done(paths(wasi).mkdir('dir'));
      fails(paths(wasi).open('dir', TRUNCATE), [e.EISDIR, e.EINVAL]);
    },
  },
];
