// Names: opening by path, links of both kinds, renaming, unlinking, and paths that are written in odd ways.

import { CREATE, DIRECTORY, EXCLUSIVE, type Filestat, OUT, READ, WRITE } from '../wasi-caller.ts';
import { assert, type Behaviour, done, e, fails, ok, paths } from './behaviour.ts';

/** Rights to ask for a file's state and to move in it. */
const STAT = (1n << 21n) | (1n << 2n);
const FOLLOW = { follow: true };
const type = (stat: Filestat | number): number => {
  ok(stat, 'stat');
  return (stat as Filestat).filetype;
};

export const nameBehaviours: readonly Behaviour[] = [
  {
    name: 'interesting_paths',
    run({ wasi }) {
      const { mkdir, open } = paths(wasi);
      done(mkdir('dir'));
      done(mkdir('dir/nested'));
      wasi.file('dir/nested/file');
      fails(open('/dir/nested/file'), [e.EPERM, e.ENOTCAPABLE], 'absolute');
      ok(open('dir/.//nested/../../dir/nested/../nested///./file'), 'dots and slashes');
      fails(open('dir/nested/file\0'), [e.EINVAL, e.EILSEQ, e.ENOENT], 'a zero byte');
      fails(open('dir/nested/file/'), [e.ENOTDIR, e.ENOENT], 'a slash behind a file');
      fails(open('dir/nested/file///'), [e.ENOTDIR, e.ENOENT], 'slashes behind a file');
      ok(open('dir/nested/'), 'a slash behind a directory');
      ok(open('dir/nested///'), 'slashes behind a directory');
      fails(open('dir/nested/../../../out/dir/nested/file'), [e.EPERM, e.ENOTCAPABLE], 'above the root');
    },
  },
  {
    name: 'path_exists',
    run({ wasi }) {
      const { mkdir, symlink, stat } = paths(wasi);
      done(mkdir('dir'));
      wasi.file('dir/file');
      done(symlink('dir/file', 'to-file'));
      done(symlink('dir', 'to-dir'));
      for (const [path, plain, followed] of [
        ['dir', e.FILETYPE_DIRECTORY, e.FILETYPE_DIRECTORY],
        ['dir/file', e.FILETYPE_REGULAR_FILE, e.FILETYPE_REGULAR_FILE],
        ['to-file', e.FILETYPE_SYMBOLIC_LINK, e.FILETYPE_REGULAR_FILE],
        ['to-dir', e.FILETYPE_SYMBOLIC_LINK, e.FILETYPE_DIRECTORY],
      ] as const)
        assert.deepEqual([type(stat(path)), type(stat(path, true))], [plain, followed], path);
    },
  },
  {
    name: 'path_filestat',
    run({ wasi }) {
      const { open, stat } = paths(wasi);
      const flags = e.FDFLAGS_APPEND | 16;
      const fd = open('file', CREATE, READ | WRITE, { fdflags: flags });
      ok(fd, 'path_open');
      assert.equal((wasi.fdstat(fd) as { flags: number }).flags & flags, flags);
      const before = stat('file') as Filestat;
      assert.equal(before.size, 0n);
      const set = (mtim: bigint, how: number): number =>
        wasi.call('path_filestat_set_times', OUT, 0, 'file', 0n, mtim, how);
      done(set(before.mtim - 100n, 4));
      assert.equal((stat('file') as Filestat).mtim, before.mtim - 100n);
      fails(set(7n, 12), [e.EINVAL], 'set and now');
      fails(set(7n, 3), [e.EINVAL], 'set and now');
      assert.equal((stat('file') as Filestat).mtim, before.mtim - 100n);
    },
  },
  {
    name: 'path_open_create_existing',
    run({ wasi }) {
      wasi.file('file');
      fails(paths(wasi).open('file', CREATE | EXCLUSIVE), [e.EEXIST]);
    },
  },
  { name: 'path_open_missing', run: ({ wasi }) => fails(paths(wasi).open('file'), [e.ENOENT]) },
  {
    name: 'path_open_read_write',
    run({ wasi }) {
      const { open } = paths(wasi);
      const both = open('file', CREATE, READ | WRITE | STAT);
      assert.equal(wasi.write(both, 'abc'), 3);
      const reader = open('file', 0, READ);
      assert.equal(wasi.read(reader, 9), 'abc');
      fails(wasi.write(reader, 'x'), [e.EBADF, e.ENOTCAPABLE], 'writing with the right to read');
      const writer = open('file', 0, WRITE);
      fails(wasi.read(writer, 9), [e.EBADF, e.ENOTCAPABLE], 'reading with the right to write');
      assert.equal(wasi.write(writer, 'x'), 1);
      assert.equal(wasi.read(both, 9, 0n), 'xbc');
    },
  },
  {
    name: 'path_open_lots',
    run({ wasi }) {
      const { open, close } = paths(wasi);
      for (let round = 0; round < 1_500; round++) {
        const fd = open('file', CREATE, READ | WRITE);
        assert.ok(fd >= 5 && fd < 100, `descriptor ${fd}`);
        done(close(fd));
      }
    },
  },
  {
    name: 'path_link',
    run({ wasi }) {
      const { open, link, unlink, mkdir, rmdir, symlink, stat } = paths(wasi);
      const fd = open('file', CREATE, READ | STAT);
      done(mkdir('dir'));
      for (const to of ['link', 'dir/link']) {
        done(link('file', to), to);
        assert.deepEqual(wasi.fdStat(open(to, 0, READ | STAT)), wasi.fdStat(fd));
        assert.equal((stat('file') as Filestat).nlink, 2n);
        done(unlink(to));
      }
      wasi.file('other');
      fails(link('file', 'other'), [e.EEXIST], 'over a file');
      fails(link('file', 'file'), [e.EEXIST], 'over itself');
      fails(link('file', 'dir'), [e.EEXIST], 'over a directory');
      fails(link('dir', 'link'), [e.EPERM, e.EACCES], 'of a directory');
      fails(link('file', 'link/'), [e.ENOENT], 'with a slash');
      done(rmdir('dir'));
      done(symlink('target', 'dangling'));
      done(link('dangling', 'link'), 'of a dangling link');
      done(unlink('link'));
      fails(link('file', 'dangling'), [e.EEXIST], 'over a dangling link');
      fails(link('dangling', 'link', 1), [e.EINVAL, e.ENOENT], 'following');
    },
  },
  {
    name: 'path_rename',
    run({ wasi }) {
      const { mkdir, rename, open, rmdir } = paths(wasi);
      done(mkdir('source'));
      done(rename('source', 'target'));
      fails(open('source', DIRECTORY), [e.ENOENT]);
      ok(open('target', DIRECTORY));
      done(mkdir('source'));
      done(rename('source', 'target'), 'over an empty directory');
      done(mkdir('source'));
      wasi.file('target/file');
      fails(rename('source', 'target'), [e.ENOTEMPTY], 'over a full directory');
      fails(rename('source', 'target/file'), [e.ENOTDIR], 'a directory over a file');
      done(rmdir('source'));
      wasi.file('a', 'A');
      done(rename('a', 'b'));
      fails(open('a'), [e.ENOENT]);
      wasi.file('a', 'new');
      done(rename('a', 'b'), 'over a file');
      assert.equal(wasi.read(open('b', 0, READ), 9), 'new');
      done(mkdir('empty'));
      fails(rename('b', 'empty'), [e.EISDIR], 'a file over a directory');
      fails(rename('none', 'x'), [e.ENOENT]);
    },
  },
  {
    name: 'path_rename_dir_trailing_slashes',
    run({ wasi }) {
      const { mkdir, rename, rmdir } = paths(wasi);
      done(mkdir('source'));
      done(rename('source/', 'target'), 'in the source');
      done(rename('target', 'source/'), 'in the target');
      done(rename('source/', 'target/'), 'in both');
      done(rename('target', 'source'), 'in none');
      done(rmdir('source'));
    },
  },
  {
    name: 'path_rename_file_trailing_slashes',
    run({ wasi }) {
      const { rename } = paths(wasi);
      wasi.file('source');
      fails(rename('source/', 'target'), [e.ENOTDIR], 'in the source');
      fails(rename('source', 'target/'), [e.ENOTDIR], 'in the target');
      done(rename('source', 'target'));
    },
  },
  {
    name: 'unlink_file_trailing_slashes',
    run({ wasi }) {
      const { mkdir, unlink } = paths(wasi);
      done(mkdir('dir'));
      fails(unlink('dir'), [e.EISDIR, e.EPERM], 'a directory');
      fails(unlink('dir/'), [e.EISDIR, e.EPERM], 'a directory with a slash');
      wasi.file('file');
      fails(unlink('file/'), [e.ENOTDIR], 'a file with a slash');
      done(unlink('file'));
      fails(unlink('file'), [e.ENOENT], 'nothing');
    },
  },
  {
    name: 'path_symlink_trailing_slashes',
    run({ wasi }) {
      const { mkdir, symlink, unlink, rmdir } = paths(wasi);
      fails(symlink('source', 'target/'), [e.ENOENT], 'a slash behind nothing');
      done(symlink('source', 'target'));
      done(unlink('target'));
      done(mkdir('target'));
      fails(symlink('source', 'target/'), [e.EEXIST], 'over a directory, with a slash');
      fails(symlink('source', 'target'), [e.EEXIST], 'over a directory');
      done(rmdir('target'));
      wasi.file('target');
      fails(symlink('source', 'target/'), [e.ENOTDIR, e.EEXIST], 'over a file, with a slash');
      fails(symlink('source', 'target'), [e.EEXIST], 'over a file');
    },
  },
  {
    name: 'symlink_create',
    run({ wasi }) {
      const { mkdir, symlink, open, unlink, rmdir } = paths(wasi);
      wasi.file('target', 'x');
      done(symlink('target', 'link'));
      assert.equal(wasi.read(open('link', 0, READ, FOLLOW), 9), 'x');
      done(unlink('link'));
      done(unlink('target'));
      done(mkdir('target'));
      done(symlink('target', 'link'));
      ok(open('link', DIRECTORY, 0n, FOLLOW), 'to a directory');
      done(unlink('link'));
      done(rmdir('target'));
      assert.notEqual(symlink('/', 'link'), 0, 'to the root');
    },
  },
  {
    name: 'symlink_filestat',
    run({ wasi }) {
      const { symlink, stat, unlink } = paths(wasi);
      wasi.file('file');
      done(symlink('file', 'link'));
      const link = stat('link') as Filestat;
      assert.deepEqual([link.filetype, link.size, link.nlink], [e.FILETYPE_SYMBOLIC_LINK, 4n, 1n]);
      const file = stat('file') as Filestat;
      assert.deepEqual([file.filetype, file.size], [e.FILETYPE_REGULAR_FILE, 0n]);
      assert.notEqual(file.ino, link.ino);
      assert.equal((stat('link', true) as Filestat).ino, file.ino);
      done(unlink('link'));
      ok(stat('file'), 'the target stays');
    },
  },
  {
    name: 'symlink_loop',
    run({ wasi }) {
      const { symlink, open } = paths(wasi);
      done(symlink('self', 'self'));
      fails(open('self'), [e.ELOOP], 'itself');
      done(symlink('b', 'a'));
      done(symlink('a', 'b'));
      fails(open('a', 0, 0n, FOLLOW), [e.ELOOP], 'each other');
    },
  },
  {
    name: 'dangling_symlink',
    run({ wasi }) {
      const { symlink, open } = paths(wasi);
      done(symlink('none', 'link'));
      fails(open('link', DIRECTORY), [e.ENOTDIR, e.ELOOP], 'as a directory');
      fails(open('link'), [e.ELOOP], 'as it is');
      fails(open('link', 0, 0n, FOLLOW), [e.ENOENT], 'followed');
    },
  },
  {
    name: 'nofollow_errors',
    run({ wasi }) {
      const { mkdir, symlink, open, rmdir } = paths(wasi);
      done(mkdir('target'));
      done(symlink('target', 'link'));
      fails(open('link', DIRECTORY), [e.ELOOP, e.ENOTDIR], 'a link to a directory');
      fails(open('link'), [e.ELOOP, e.EACCES], 'a link');
      ok(open('link', DIRECTORY, 0n, FOLLOW), 'followed');
      done(rmdir('target'));
      wasi.file('target');
      fails(open('link', DIRECTORY), [e.ELOOP, e.ENOTDIR], 'a link to a file, as a directory');
      fails(open('link'), [e.ELOOP], 'a link to a file');
      fails(open('link', DIRECTORY, 0n, FOLLOW), [e.ENOTDIR], 'a file as a directory');
    },
  },
  {
    name: 'readlink',
    run({ wasi }) {
      done(paths(wasi).symlink('target', 'link'));
      const used = wasi.room(4);
      for (const [room, text] of [
        [10, 'target'],
        [4, 'targ'],
      ] as const) {
        const buffer = wasi.room(16);
        done(wasi.call('path_readlink', OUT, 'link', buffer, room, used), 'path_readlink');
        assert.equal(wasi.view.getUint32(used, true), text.length);
        assert.equal(wasi.text(buffer, text.length + 2), `${text}\0\0`);
      }
      wasi.file('file');
      fails(wasi.call('path_readlink', OUT, 'file', wasi.room(8), 8, used), [e.EINVAL], 'of a file');
    },
  },
];
