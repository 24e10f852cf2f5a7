// TCP sockets of this process that are slow by a rule: what they get arrives late, in order, and connecting takes as long as it is told.
// The kernels that this runs on need no traffic control for it. What a link is and how long it takes is the caller's.

import { Socket } from 'node:net';

/** Which sockets are slow, and how slow. Times are milliseconds; Infinity is for ever. */
export interface SlowRule<Link> {
  /** The link that a connected socket stands at the end of; undefined for one that stays as it is. Asked once it matters, then remembered. */
  linkOf(socket: Socket): Link | undefined;
  /** How long a piece of so many bytes takes to the socket; 0 bytes are the end of what comes. */
  pieceMs(link: Link, bytes: number): number;
  /** How long after the kernel the socket learns that it is connected. */
  connectMs(link: Link): number;
  /** Told of every piece when it arrives. */
  onPiece?(link: Link, bytes: number): void;
}

type Chunk = Buffer | null;
interface Line<Link> {
  readonly link: Link;
  readonly waiting: { readonly chunk: Chunk; readonly due: number }[];
  timer: NodeJS.Timeout | undefined;
}

/** Makes the sockets of this process slow from now on. Disposed of, it lets what is on its way arrive, and holds up nothing that comes after. */
export function slowSockets<Link>(rule: SlowRule<Link>): Disposable {
  const { emit, push } = Socket.prototype;
  const lines = new WeakMap<Socket, Line<Link>>();
  let isOver = false;
  const lineOf = (socket: Socket): Line<Link> | undefined => {
    const known = lines.get(socket);
    if (known !== undefined) return known;
    const link = rule.linkOf(socket);
    if (link === undefined) return undefined;
    const line = { link, waiting: [], timer: undefined };
    lines.set(socket, line);
    return line;
  };
  const release = (socket: Socket, line: Line<Link>): void => {
    line.timer = undefined;
    const now = performance.now();
    while (line.waiting.length > 0 && line.waiting[0]!.due <= now) {
      const { chunk } = line.waiting.shift()!;
      if (socket.destroyed) continue;
      if (chunk !== null) rule.onPiece?.(line.link, chunk.length);
      push.call(socket, chunk);
      if (chunk === null) socket.read(0);
    }
    arm(socket, line);
  };
  const arm = (socket: Socket, line: Line<Link>): void => {
    const next = line.waiting[0];
    if (next !== undefined && line.timer === undefined && Number.isFinite(next.due))
      line.timer = setTimeout(() => release(socket, line), Math.max(1, next.due - performance.now()));
  };
  Socket.prototype.push = function slowPush(this: Socket, chunk: Chunk): boolean {
    const line = lineOf(this);
    if (line === undefined || (isOver && line.waiting.length === 0)) return push.call(this, chunk);
    const ms = isOver ? 0 : rule.pieceMs(line.link, chunk?.length ?? 0);
    // TCP keeps the order: nothing overtakes what was sent before it.
    line.waiting.push({ chunk, due: Math.max(performance.now() + ms, line.waiting.at(-1)?.due ?? 0) });
    arm(this, line);
    return true;
  } as typeof push;
  Socket.prototype.emit = function slowEmit(this: Socket, event: string, ...args: unknown[]): boolean {
    const line = event === 'connect' && !isOver ? lineOf(this) : undefined;
    if (line === undefined) return emit.call(this, event, ...args);
    const ms = rule.connectMs(line.link);
    if (Number.isFinite(ms))
      setTimeout(() => {
        if (!this.destroyed) emit.call(this, event, ...args);
      }, ms);
    return true;
  } as typeof emit;
  return {
    [Symbol.dispose]() {
      isOver = true;
    },
  };
}
