// WASI preview 1: what path calls return. The cases are those of docs/reference/wasi-host.md.

import assert from 'node:assert/strict';
import * as e from '../../../wasm-runner/wasi/errno.ts';
import {
  CREATE,
  DIRECTORY,
  EXCLUSIVE,
  Guest,
  IN,
  OUT,
  READ,
  TRUNCATE,
  WRITE,
} from '../../support/wasi-guest.ts';

describe('wasi: paths', () => {
  let guest: Guest;
  beforeEach(() => {
    guest = new Guest({ inputs: { 'a.txt': Buffer.from('input'), 'deep/b.txt': Buffer.from('b') } });
  });
  const mkdir = (path: string, fd = OUT) => guest.call('path_create_directory', fd, path);
  const rmdir = (path: string) => guest.call('path_remove_directory', OUT, path);
  const unlink = (path: string, fd = OUT) => guest.call('path_unlink_file', fd, path);
  const link = (from: string, to: string, flags = 0) => guest.call('path_link', OUT, flags, from, OUT, to);
  const symlink = (target: string, path: string) => guest.call('path_symlink', target, OUT, path);
  const rename = (from: string, to: string) => guest.call('path_rename', OUT, from, OUT, to);

  describe('resolution', () => {
    beforeEach(() => {
      mkdir('dir');
      mkdir('dir/nested');
      guest.file('dir/nested/file', 'x');
    });

    it('walks dots and doubled slashes', () => {
      assert.ok(guest.open('dir/.//nested/../../dir/nested/../nested///./file') > 4);
      assert.ok(guest.open('dir/nested/') > 4);
      assert.ok(guest.open('dir/nested///') > 4);
    });
    it('refuses absolute paths and paths above the descriptor', () => {
      assert.equal(guest.open('/dir/nested/file'), -e.EPERM);
      assert.equal(guest.open('dir/nested/../../../out/dir'), -e.EPERM);
      assert.equal(guest.open('..'), -e.EPERM);
      const nested = guest.open('dir/nested', DIRECTORY);
      assert.equal(guest.open('../nested/file', 0, 0n, { fd: nested }), -e.EPERM);
    });
    it('refuses zero bytes, malformed UTF-8, empty and over-long paths', () => {
      assert.equal(guest.open('dir\0'), -e.EINVAL);
      assert.equal(guest.open(''), -e.ENOENT);
      assert.equal(guest.open('x'.repeat(256)), -e.ENAMETOOLONG);
      assert.equal(guest.open('é'.repeat(128)), -e.ENAMETOOLONG);
      assert.equal(guest.open(`${'a/'.repeat(2_100)}`), -e.ENAMETOOLONG);
      const bad = guest.put(Uint8Array.of(0x66, 0xff, 0xfe));
      assert.equal(guest.call('path_unlink_file', OUT, bad.at, bad.length), e.EILSEQ);
    });
    it('a slash after a file, and a path through one, is ENOTDIR', () => {
      assert.equal(guest.open('dir/nested/file/'), -e.ENOTDIR);
      assert.equal(guest.open('dir/nested/file/x'), -e.ENOTDIR);
      assert.equal(guest.open('dir/none/x'), -e.ENOENT);
    });
    it('a descriptor that is no directory: ENOTDIR for a file, EBADF for the rest', () => {
      const file = guest.open('dir/nested/file');
      assert.equal(guest.open('x', CREATE, 0n, { fd: file }), -e.ENOTDIR);
      assert.equal(guest.open('x', 0, 0n, { fd: 0 }), -e.EBADF);
      assert.equal(guest.open('x', 0, 0n, { fd: 99 }), -e.EBADF);
    });
    it('pointers outside memory are EFAULT', () => {
      assert.equal(guest.call('path_unlink_file', OUT, -8, 16), e.EFAULT);
      assert.equal(guest.call('path_open', OUT, 0, 'dir', 0, 0n, 0n, 0, -2), e.EFAULT);
    });
  });

  describe('open', () => {
    it('creates, refuses to create twice, truncates', () => {
      const fd = guest.open('f', CREATE | EXCLUSIVE, READ | WRITE);
      assert.equal(fd, 5);
      assert.equal(guest.write(fd, 'abc'), 3);
      assert.equal(guest.open('f', CREATE | EXCLUSIVE), -e.EEXIST);
      assert.ok(guest.open('f', TRUNCATE) > 0);
      assert.equal((guest.stat('f') as { size: bigint }).size, 0n);
    });
    it('without the create flag a missing file is ENOENT; with a slash it cannot be created', () => {
      assert.equal(guest.open('f'), -e.ENOENT);
      assert.equal(guest.open('f/', CREATE), -e.EISDIR);
      assert.equal(guest.open('f', CREATE | DIRECTORY), -e.EINVAL);
      assert.equal(guest.open('f', 16), -e.EINVAL);
      assert.equal(guest.open('f', CREATE, 0n, { fdflags: 32 }), -e.EINVAL);
    });
    it('directories: no writing, no truncation; files are no directories', () => {
      mkdir('d');
      guest.file('f');
      assert.equal(guest.open('d', DIRECTORY, READ | WRITE), -e.EISDIR);
      assert.equal(guest.open('d', TRUNCATE), -e.EISDIR);
      assert.equal(guest.open('f', DIRECTORY), -e.ENOTDIR);
      assert.ok(guest.open('.', 0, 0n) > 0);
    });
    it('keeps the flags it was given, and no path rights on a file', () => {
      const rights = READ | WRITE | (1n << 18n);
      const fd = guest.open('f', CREATE, rights, { fdflags: e.FDFLAGS_APPEND | 16, inheriting: rights });
      const stat = guest.fdstat(fd);
      assert.deepEqual(stat, {
        filetype: e.FILETYPE_REGULAR_FILE,
        flags: 17,
        rights: READ | WRITE,
        inheriting: rights,
      });
    });
    it('the input tree is read-only', () => {
      assert.ok(guest.open('a.txt', 0, READ, { fd: IN }) > 0);
      assert.equal(guest.open('a.txt', 0, WRITE, { fd: IN }), -e.EROFS);
      assert.equal(guest.open('a.txt', TRUNCATE, READ, { fd: IN }), -e.EROFS);
      assert.equal(guest.open('new', CREATE, READ, { fd: IN }), -e.EROFS);
      assert.equal(mkdir('new', IN), e.EROFS);
      assert.equal(unlink('a.txt', IN), e.EROFS);
      assert.equal(guest.call('path_filestat_set_times', IN, 0, 'a.txt', 0n, 0n, 4), e.EROFS);
      assert.equal(guest.call('path_link', IN, 0, 'a.txt', OUT, 'b'), e.EXDEV);
      assert.equal(guest.call('path_rename', IN, 'a.txt', OUT, 'b'), e.EXDEV);
    });
    it('gives the lowest free descriptor, and EMFILE at the bound', () => {
      guest.file('f');
      const first = guest.open('f');
      const second = guest.open('f');
      guest.call('fd_close', first);
      assert.equal(guest.open('f'), first);
      assert.equal(second, first + 1);
      let last = 0;
      for (let count = 0; count < 1_100 && last >= 0; count++) last = guest.open('f');
      assert.equal(last, -e.EMFILE);
    });
  });

  describe('links', () => {
    it('hard links share the node and count', () => {
      guest.file('file', 'abc');
      assert.equal(link('file', 'link'), 0);
      const one = guest.stat('file') as { ino: bigint; nlink: bigint };
      assert.deepEqual(guest.stat('link'), one);
      assert.equal(one.nlink, 2n);
      assert.equal(unlink('file'), 0);
      assert.equal((guest.stat('link') as { nlink: bigint }).nlink, 1n);
    });
    it('hard links: EEXIST, EPERM for directories, ENOENT with a slash, EINVAL when asked to follow', () => {
      guest.file('file');
      mkdir('dir');
      assert.equal(link('file', 'file'), e.EEXIST);
      assert.equal(link('file', 'dir'), e.EEXIST);
      assert.equal(link('dir', 'link'), e.EPERM);
      assert.equal(link('file', 'link/'), e.ENOENT);
      assert.equal(link('none', 'link'), e.ENOENT);
      symlink('none', 'dangling');
      assert.equal(link('dangling', 'link', 1), e.EINVAL);
      assert.equal(link('dangling', 'link'), 0);
      assert.equal(link('file', 'dangling'), e.EEXIST);
    });
    it('symbolic links are followed in the middle, and at the end on request', () => {
      mkdir('d');
      guest.file('d/f', 'hi');
      symlink('d', 'to-d');
      symlink('d/f', 'to-f');
      assert.ok(guest.open('to-d/f', 0, READ) > 0);
      assert.equal(guest.open('to-f', 0, READ), -e.ELOOP);
      assert.equal(guest.open('to-f', DIRECTORY, READ), -e.ENOTDIR);
      const fd = guest.open('to-f', 0, READ, { follow: true });
      assert.equal(guest.read(fd, 8), 'hi');
      assert.equal((guest.stat('to-f') as { filetype: number }).filetype, e.FILETYPE_SYMBOLIC_LINK);
      assert.equal((guest.stat('to-f', true) as { filetype: number }).filetype, e.FILETYPE_REGULAR_FILE);
    });
    it('links cannot lead out, loops end with ELOOP, dangling ones with ENOENT', () => {
      assert.equal(symlink('/etc/passwd', 'abs'), e.EPERM);
      symlink('../../etc', 'up');
      symlink('self', 'self');
      symlink('none', 'dangling');
      assert.equal(guest.open('up/passwd', 0, READ), -e.EPERM);
      assert.equal(guest.open('up', 0, READ, { follow: true }), -e.EPERM);
      assert.equal(guest.open('self', 0, READ, { follow: true }), -e.ELOOP);
      assert.equal(guest.open('self/x', 0, READ), -e.ELOOP);
      assert.equal(guest.open('dangling', 0, READ, { follow: true }), -e.ENOENT);
      assert.ok(
        guest.open('dangling', CREATE, READ, { follow: true }) > 0,
        'creating through a link makes the target',
      );
      assert.equal((guest.stat('none') as { size: bigint }).size, 0n);
    });
    it('follows 40 links in one lookup, and not 41', () => {
      guest.file('l0', 'end');
      for (let count = 1; count <= 41; count++) assert.equal(symlink(`l${count - 1}`, `l${count}`), 0);
      assert.ok(guest.open('l40', 0, READ, { follow: true }) > 0);
      assert.equal(guest.open('l41', 0, READ, { follow: true }), -e.ELOOP);
    });
    it('creating a symbolic link: ENOENT with a slash, EEXIST, ENOTDIR', () => {
      assert.equal(symlink('source', 'target/'), e.ENOENT);
      mkdir('target');
      assert.equal(symlink('source', 'target/'), e.EEXIST);
      assert.equal(symlink('source', 'target'), e.EEXIST);
      rmdir('target');
      guest.file('target');
      assert.equal(symlink('source', 'target/'), e.ENOTDIR);
      assert.equal(symlink('source', 'target'), e.EEXIST);
    });
    it('readlink cuts to the buffer and needs a link', () => {
      guest.file('file');
      symlink('target', 'symlink');
      const buffer = guest.room(10);
      const used = guest.room(4);
      assert.equal(guest.call('path_readlink', OUT, 'symlink', buffer, 10, used), 0);
      assert.equal(guest.text(buffer, 10), 'target\0\0\0\0');
      assert.equal(guest.call('path_readlink', OUT, 'symlink', buffer, 4, used), 0);
      assert.equal(guest.view.getUint32(used, true), 4);
      assert.equal(guest.call('path_readlink', OUT, 'file', buffer, 4, used), e.EINVAL);
      assert.equal(guest.call('path_readlink', OUT, 'none', buffer, 4, used), e.ENOENT);
    });
  });

  describe('remove and rename', () => {
    it('unlink is for files, rmdir for empty directories', () => {
      mkdir('dir');
      guest.file('dir/f');
      guest.file('file');
      assert.equal(unlink('dir'), e.EISDIR);
      assert.equal(unlink('dir/'), e.EISDIR);
      assert.equal(unlink('file/'), e.ENOTDIR);
      assert.equal(unlink('none'), e.ENOENT);
      assert.equal(rmdir('dir'), e.ENOTEMPTY);
      assert.equal(rmdir('file'), e.ENOTDIR);
      assert.equal(rmdir('.'), e.EINVAL);
      assert.equal(unlink('dir/f'), 0);
      assert.equal(rmdir('dir/'), 0);
      assert.equal(unlink('file'), 0);
    });
    it('an open file outlives its name; an open directory that was removed takes nothing', () => {
      const fd = guest.open('f', CREATE, READ | WRITE);
      guest.write(fd, 'abc');
      assert.equal(unlink('f'), 0);
      assert.equal(guest.read(fd, 3, 0n), 'abc');
      guest.file('f');
      mkdir('d');
      const dir = guest.open('d', DIRECTORY);
      assert.equal(rmdir('d'), 0);
      assert.equal(mkdir('d'), 0);
      assert.equal(guest.open('x', CREATE, 0n, { fd: dir }), -e.ENOENT);
    });
    it('renames files over files and directories over empty directories', () => {
      mkdir('source');
      assert.equal(rename('source', 'target'), 0);
      assert.equal(guest.open('source', DIRECTORY), -e.ENOENT);
      mkdir('source');
      assert.equal(rename('source', 'target'), 0);
      mkdir('source');
      guest.file('target/file', 'old');
      assert.equal(rename('source', 'target'), e.ENOTEMPTY);
      assert.equal(rename('source', 'target/file'), e.ENOTDIR);
      guest.file('f', 'new');
      assert.equal(rename('f', 'source'), e.EISDIR);
      assert.equal(rename('f', 'target/file'), 0);
      assert.equal((guest.stat('target/file') as { size: bigint }).size, 3n);
      assert.equal(rename('none', 'x'), e.ENOENT);
    });
    it('a directory cannot move into itself; a rename to itself does nothing', () => {
      mkdir('d');
      mkdir('d/e');
      assert.equal(rename('d', 'd/e/f'), e.EINVAL);
      assert.equal(rename('d', 'd'), 0);
      guest.file('a');
      link('a', 'b');
      assert.equal(rename('a', 'b'), 0);
      assert.equal((guest.stat('a') as { nlink: bigint }).nlink, 2n);
    });
    it('directories cannot nest without bound', () => {
      let fd = OUT;
      let errno = 0;
      for (let depth = 0; depth < 600 && errno === 0; depth++) {
        errno = guest.call('path_create_directory', fd, 'd');
        if (errno !== 0) break;
        const next = guest.open('d', DIRECTORY, 0n, { fd, inheriting: e.RIGHTS_ALL });
        if (fd !== OUT) guest.call('fd_close', fd);
        fd = next;
      }
      assert.equal(errno, e.ENAMETOOLONG);
    });
  });

  it('create directory: EEXIST, ENOENT for a missing parent', () => {
    assert.equal(mkdir('d'), 0);
    assert.equal(mkdir('d'), e.EEXIST);
    assert.equal(mkdir('.'), e.EEXIST);
    assert.equal(mkdir('x/y'), e.ENOENT);
    assert.equal(mkdir('e/'), 0);
  });

  it('times are set as the flags say, and never by both kinds at once', () => {
    guest.file('f');
    const before = guest.stat('f') as { atim: bigint; mtim: bigint };
    assert.equal(guest.call('path_filestat_set_times', OUT, 0, 'f', 0n, before.mtim - 100n, 4), 0);
    assert.equal((guest.stat('f') as { mtim: bigint }).mtim, before.mtim - 100n);
    assert.equal((guest.stat('f') as { atim: bigint }).atim, before.atim);
    assert.equal(guest.call('path_filestat_set_times', OUT, 0, 'f', 0n, 5n, 12), e.EINVAL);
    assert.equal(guest.call('path_filestat_set_times', OUT, 0, 'f', 0n, 0n, 3), e.EINVAL);
    assert.equal(guest.call('path_filestat_set_times', OUT, 0, 'f', 0n, 0n, 16), e.EINVAL);
    assert.equal(guest.call('path_filestat_set_times', OUT, 0, 'none', 0n, 0n, 4), e.ENOENT);
  });
});
