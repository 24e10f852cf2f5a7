// Links that take time: what any socket of this process writes arrives later by a fixed delay, in order. For benchmarks of
// networks whose nodes are in one process. Only data and the end of a stream are delayed, not the opening of a connection.

import { Socket } from 'node:net';

type Done = (error?: Error | null) => void;

interface Internals {
  _writeGeneric(many: boolean, data: unknown, encoding: string, done: Done): void;
  _final(done: Done): void;
}

/** Delays all sockets by `ms` one way until disposed. */
export function slowLinks(ms: number): Disposable {
  const sockets = Socket.prototype as unknown as Internals;
  const { _writeGeneric: write, _final: end } = sockets;
  sockets._writeGeneric = function (many, data, encoding, done) {
    const socket = this as unknown as Socket;
    setTimeout(() => {
      if (!socket.destroyed) write.call(this, many, data, encoding, () => {});
    }, ms);
    // The sender goes on at once: a link delays, it does not hold back.
    done();
  };
  sockets._final = function (done) {
    setTimeout(() => end.call(this, done), ms);
  };
  return {
    [Symbol.dispose]() {
      sockets._writeGeneric = write;
      sockets._final = end;
    },
  };
}
