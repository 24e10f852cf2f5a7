// Slow and bad links for nodes that speak over loopback: every TCP socket of this process gets what arrives late, in order. The kernels
// that the tests run on need no traffic control for it. Loss is felt as TCP lets it be felt: the segment, and all behind it, come later.
// Pipes to child processes are sockets to Node as well; no link lies between those, so they stay as they are.

import { Socket } from 'node:net';

/** What the links of a process are like. */
export interface Link {
  /** Milliseconds that everything takes in one direction. */
  readonly oneWayMs: number;
  /** Up to so many milliseconds more, drawn for each segment. */
  readonly jitterMs?: number;
  /** Share (0 to 1) of the segments that are lost and sent again. */
  readonly loss?: number;
}

/** Least time until TCP sends a lost segment again (RTO minimum of Linux). */
const RESEND_MS_MIN = 200;

type Chunk = Buffer | null;
interface Line {
  readonly waiting: { readonly chunk: Chunk; readonly due: number }[];
  timer: NodeJS.Timeout | undefined;
}

/** Makes all sockets of this process slow, from now on. Connecting takes a round trip. `random` answers 0 to 1. */
export function slowLinks(link: Link, random: () => number): void {
  const { push, emit } = Socket.prototype;
  const lines = new WeakMap<Socket, Line>();
  const delayOf = (): number => {
    const once = () => link.oneWayMs + (link.jitterMs ?? 0) * random();
    let ms = once();
    for (let resend = RESEND_MS_MIN; random() < (link.loss ?? 0); resend *= 2) ms += resend + once();
    return ms;
  };
  const release = (socket: Socket, line: Line): void => {
    line.timer = undefined;
    const now = performance.now();
    while (line.waiting.length > 0 && line.waiting[0]!.due <= now) {
      const { chunk } = line.waiting.shift()!;
      if (socket.destroyed) continue;
      push.call(socket, chunk);
      if (chunk === null) socket.read(0);
    }
    arm(socket, line);
  };
  const arm = (socket: Socket, line: Line): void => {
    const next = line.waiting[0];
    if (next !== undefined && line.timer === undefined)
      line.timer = setTimeout(() => release(socket, line), Math.max(1, next.due - performance.now()));
  };
  Socket.prototype.push = function slowPush(this: Socket, chunk: Chunk): boolean {
    let line = lines.get(this);
    if (line === undefined) {
      if (!('port' in this.address())) return push.call(this, chunk);
      line = { waiting: [], timer: undefined };
      lines.set(this, line);
    }
    // TCP keeps the order: nothing overtakes what was sent before it.
    const due = Math.max(performance.now() + delayOf(), line.waiting.at(-1)?.due ?? 0);
    line.waiting.push({ chunk, due });
    arm(this, line);
    return true;
  } as typeof push;
  Socket.prototype.emit = function slowEmit(this: Socket, event: string, ...args: unknown[]): boolean {
    if (event !== 'connect') return emit.call(this, event, ...args);
    setTimeout(() => {
      if (!this.destroyed) emit.call(this, event, ...args);
    }, 2 * link.oneWayMs);
    return true;
  } as typeof emit;
}
