// Loaded before a node's program (`node --import`): at SIGUSR2 the process is cut off from every TCP link, at the next one it is joined
// again. It goes on running meanwhile, unlike a process that is held: its timers fire, it works, and it believes to be heard. As with packets
// that a router drops, nothing arrives and nothing is refused; what was under way comes when the link is back, if the connection still lives.

import { Server, Socket } from 'node:net';

let isCut = false;
/** What happens when the link is back, in order. */
const held: (() => void)[] = [];

/** Now, or when the link is back. */
function passing(act: () => void): void {
  if (isCut) held.push(act);
  else act();
}

const { push, emit, _write, _writev } = Socket.prototype;

/** Pipes to child processes are sockets to Node as well; no link lies between those. */
function isTcp(socket: Socket): boolean {
  return 'port' in socket.address();
}

Socket.prototype.push = function cutPush(this: Socket, chunk: Buffer | null): boolean {
  if (!isCut || !isTcp(this)) return push.call(this, chunk);
  passing(() => {
    if (!this.destroyed) push.call(this, chunk);
  });
  return true;
} as typeof push;

Socket.prototype.emit = function cutEmit(this: Socket, event: string, ...args: unknown[]): boolean {
  if (event !== 'connect' || !isCut) return emit.call(this, event, ...args);
  passing(() => {
    if (!this.destroyed) emit.call(this, event, ...args);
  });
  return true;
} as typeof emit;

Socket.prototype._write = function cutWrite(chunk, encoding, callback) {
  if (!isCut || !isTcp(this)) return _write.call(this, chunk, encoding, callback);
  passing(() => (this.destroyed ? callback() : _write.call(this, chunk, encoding, callback)));
};

Socket.prototype._writev = function cutWritev(chunks, callback) {
  if (!isCut || !isTcp(this)) return _writev?.call(this, chunks, callback);
  passing(() => (this.destroyed ? callback() : _writev?.call(this, chunks, callback)));
};

const serverEmit = Server.prototype.emit;
Server.prototype.emit = function cutServerEmit(this: Server, event: string, ...args: unknown[]): boolean {
  if (event !== 'connection' || !isCut) return serverEmit.call(this, event, ...args);
  passing(() => serverEmit.call(this, event, ...args));
  return true;
} as typeof serverEmit;

process.on('SIGUSR2', () => {
  isCut = !isCut;
  if (!isCut) for (const act of held.splice(0)) act();
});
