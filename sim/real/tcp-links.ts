// Slow and bad links for real nodes on loopback: what a TCP socket gets arrives late, in order, as the scenario's wire has it. Every node
// has an address of its own in 127.1.0.0/16, which tells the links apart; other sockets stay as they are. The kernels that this runs on need
// no traffic control for it.

import { Socket } from 'node:net';
import type { ReliableWire } from './wire.ts';

const BYTE = 256;

/** Address of node `n`: loopback, and nobody else's. */
export function ipOfNode(n: number): string {
  return `127.1.${Math.floor((n + 1) / BYTE)}.${(n + 1) % BYTE}`;
}

/** The node of an address, or -1. */
export function nodeOfIp(ip: string | undefined): number {
  const match = /^127\.1\.(\d+)\.(\d+)$/.exec(ip ?? '');
  return match === null ? -1 : Number(match[1]) * BYTE + Number(match[2]) - 1;
}

type Chunk = Buffer | null;
interface Line {
  readonly waiting: { readonly chunk: Chunk; readonly due: number }[];
  timer: NodeJS.Timeout | undefined;
}

/** Told of every piece that arrives. */
export type OnPiece = (from: number, to: number, bytes: number) => void;

/** Makes the sockets between nodes of this process slow, from now on. `wireOf` answers undefined while there is none yet. */
export function slowSockets(wireOf: () => ReliableWire | undefined, onPiece: OnPiece): void {
  const { emit, push } = Socket.prototype;
  const lines = new WeakMap<Socket, Line>();
  /** Milliseconds; undefined for a socket that is none of ours. Infinity is for ever. */
  const delayOf = (from: number, to: number, bytes: number): number | undefined =>
    from < 0 || to < 0
      ? undefined
      : (wireOf()?.delay(from, to, bytes, Math.round(performance.now() * 1_000)) ?? 0) / 1_000;
  const release = (socket: Socket, line: Line): void => {
    line.timer = undefined;
    const now = performance.now();
    while (line.waiting.length > 0 && line.waiting[0]!.due <= now) {
      const { chunk } = line.waiting.shift()!;
      if (socket.destroyed) continue;
      if (chunk !== null)
        onPiece(nodeOfIp(socket.remoteAddress), nodeOfIp(socket.localAddress), chunk.length);
      push.call(socket, chunk);
      if (chunk === null) socket.read(0);
    }
    arm(socket, line);
  };
  const arm = (socket: Socket, line: Line): void => {
    const next = line.waiting[0];
    if (next !== undefined && line.timer === undefined && Number.isFinite(next.due))
      line.timer = setTimeout(() => release(socket, line), Math.max(1, next.due - performance.now()));
  };
  Socket.prototype.push = function slowPush(this: Socket, chunk: Chunk): boolean {
    const delay = delayOf(nodeOfIp(this.remoteAddress), nodeOfIp(this.localAddress), chunk?.length ?? 0);
    if (delay === undefined) return push.call(this, chunk);
    const line = lines.get(this) ?? { waiting: [], timer: undefined };
    lines.set(this, line);
    // TCP keeps the order: nothing overtakes what was sent before it.
    line.waiting.push({ chunk, due: Math.max(performance.now() + delay, line.waiting.at(-1)?.due ?? 0) });
    arm(this, line);
    return true;
  } as typeof push;
  Socket.prototype.emit = function slowEmit(this: Socket, event: string, ...args: unknown[]): boolean {
    const [near, far] = [nodeOfIp(this.localAddress), nodeOfIp(this.remoteAddress)];
    const there = event === 'connect' ? delayOf(near, far, 0) : undefined;
    const back = event === 'connect' ? delayOf(far, near, 0) : undefined;
    if (there === undefined || back === undefined) return emit.call(this, event, ...args);
    if (Number.isFinite(there + back))
      setTimeout(() => {
        if (!this.destroyed) emit.call(this, event, ...args);
      }, there + back);
    return true;
  } as typeof emit;
}
