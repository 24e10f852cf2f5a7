// WASI preview 1: what arguments, clocks, randomness, sockets and poll return. The cases are those of docs/reference/wasi-host.md.

import assert from 'node:assert/strict';
import * as e from '../../../wasm-runner/wasi/errno.ts';
import { Guest } from '../../support/wasi-guest.ts';

describe('wasi: process', () => {
  it('arguments start with the name "task"; the environment is sorted', () => {
    const guest = new Guest({ args: ['one', 'zwei é'], env: { B: '2', A: '1' } });
    const counts = guest.room(8);
    assert.equal(guest.call('args_sizes_get', counts, counts + 4), 0);
    assert.deepEqual([guest.view.getUint32(counts, true), guest.view.getUint32(counts + 4, true)], [3, 17]);
    const pointers = guest.room(12);
    const buffer = guest.room(32);
    assert.equal(guest.call('args_get', pointers, buffer), 0);
    assert.equal(guest.text(buffer, 17), 'task\0one\0zwei é\0');
    assert.equal(guest.view.getUint32(pointers + 4, true), buffer + 5);
    assert.equal(guest.call('environ_sizes_get', counts, counts + 4), 0);
    assert.deepEqual([guest.view.getUint32(counts, true), guest.view.getUint32(counts + 4, true)], [2, 8]);
    assert.equal(guest.call('environ_get', pointers, buffer), 0);
    assert.equal(guest.text(buffer, 8), 'A=1\0B=2\0');
  });
  it('the clock moves by one step a call, and starts at the origin', () => {
    const guest = new Guest();
    const at = guest.room(8);
    const now = (id: number): bigint => {
      assert.equal(guest.call('clock_time_get', id, 0n, at), 0);
      return guest.view.getBigUint64(at, true);
    };
    assert.equal(now(0), 1_000_010n);
    assert.equal(now(1), 20n);
    assert.equal(now(2), 30n);
    assert.equal(guest.call('clock_res_get', 0, at), 0);
    assert.equal(guest.view.getBigUint64(at, true), 1n);
    assert.equal(guest.call('clock_time_get', 4, 0n, at), e.EINVAL);
    assert.equal(guest.call('clock_res_get', 9, at), e.EINVAL);
  });
  it('random bytes are the ChaCha20 key stream of the seed (RFC 8439, appendix A.1, vectors 1 and 2)', () => {
    const guest = new Guest();
    const at = guest.room(128);
    assert.equal(guest.call('random_get', at, 10), 0);
    assert.equal(guest.call('random_get', at + 10, 118), 0);
    assert.equal(
      Buffer.from(guest.memory.buffer, at, 128).toString('hex'),
      '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586' +
        '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f',
    );
    assert.equal(guest.call('random_get', 0, 0), 0);
    assert.equal(guest.call('random_get', -4, 8), e.EFAULT);
  });
  it('sockets do not exist: EBADF for no descriptor, ENOTSOCK for any other', () => {
    const guest = new Guest();
    assert.equal(guest.call('sock_shutdown', 99, 0), e.EBADF);
    assert.equal(guest.call('sock_shutdown', 1, 0), e.ENOTSOCK);
    assert.equal(guest.call('sock_recv', 3, 0, 0, 0, 0, 0), e.ENOTSOCK);
    assert.equal(guest.call('proc_raise', 9), e.ENOTSUP);
    assert.equal(guest.call('sched_yield'), 0);
  });

  describe('poll', () => {
    const clock = (
      guest: Guest,
      at: number,
      userdata: bigint,
      id: number,
      timeout: bigint,
      flags = 0,
    ): void => {
      guest.view.setBigUint64(at, userdata, true);
      guest.view.setUint8(at + 8, 0);
      guest.view.setUint32(at + 16, id, true);
      guest.view.setBigUint64(at + 24, timeout, true);
      guest.view.setUint16(at + 40, flags, true);
    };
    const fdEvent = (guest: Guest, at: number, userdata: bigint, type: number, fd: number): void => {
      guest.view.setBigUint64(at, userdata, true);
      guest.view.setUint8(at + 8, type);
      guest.view.setUint32(at + 16, fd, true);
    };
    const poll = (
      guest: Guest,
      at: number,
      count: number,
    ): { userdata: bigint; error: number; type: number; bytes: bigint }[] | number => {
      const events = guest.room(count * 32);
      const result = guest.room(4);
      const errno = guest.call('poll_oneoff', at, events, count, result);
      if (errno !== 0) return -errno;
      return Array.from({ length: guest.view.getUint32(result, true) }, (_, index) => ({
        userdata: guest.view.getBigUint64(events + index * 32, true),
        error: guest.view.getUint16(events + index * 32 + 8, true),
        type: guest.view.getUint8(events + index * 32 + 10),
        bytes: guest.view.getBigUint64(events + index * 32 + 16, true),
      }));
    };

    it('a clock lets virtual time pass; the shorter one fires alone', () => {
      const guest = new Guest();
      const at = guest.room(96);
      clock(guest, at, 1n, 1, 5_000n);
      clock(guest, at + 48, 2n, 1, 9_000n);
      assert.deepEqual(poll(guest, at, 2), [{ userdata: 1n, error: 0, type: 0, bytes: 0n }]);
      const now = guest.room(8);
      guest.call('clock_time_get', 1, 0n, now);
      assert.equal(guest.view.getBigUint64(now, true), 5_010n);
    });
    it('a ready descriptor comes before a clock, and no time passes', () => {
      const guest = new Guest({ stdin: Buffer.from('abc') });
      const at = guest.room(144);
      clock(guest, at, 1n, 1, 5_000n);
      fdEvent(guest, at + 48, 2n, 1, 0);
      fdEvent(guest, at + 96, 3n, 2, 99);
      assert.deepEqual(poll(guest, at, 3), [
        { userdata: 2n, error: 0, type: 1, bytes: 3n },
        { userdata: 3n, error: e.EBADF, type: 2, bytes: 0n },
      ]);
    });
    it('absolute times that have passed fire at once; unknown clocks and types are EINVAL', () => {
      const guest = new Guest();
      const at = guest.room(48);
      clock(guest, at, 1n, 0, 1n, 1);
      assert.equal((poll(guest, at, 1) as unknown[]).length, 1);
      clock(guest, at, 1n, 7, 1n);
      assert.deepEqual(poll(guest, at, 1), [{ userdata: 1n, error: e.EINVAL, type: 0, bytes: 0n }]);
      fdEvent(guest, at, 1n, 3, 0);
      assert.equal(poll(guest, at, 1), -e.EINVAL);
      assert.equal(poll(guest, at, 0), -e.EINVAL);
    });
  });
});
