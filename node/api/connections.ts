// How many programs may be connected to an HTTP server at once, what each may have under way, and how long its answers wait for it. Each connection is a
// descriptor, which the database and the peers need as well, and whoever reaches the port may open one without a token. Must not: end one whose requests are
// under way and whose answers are read.

import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections at once: more than requests that may wait for their turn (`TURNS_WAITING_MAX`), so that a program that asks for too much is told OVERLOADED and
 * not hung up on, and a thousand that rest between two requests.
 */
export const API_CONNECTIONS_MAX = 3_072;
/** Requests at once on one connection: clients send the next after the answer. Without it a packet of questions is a thousand answers, and as many files. */
export const REQUESTS_PER_CONNECTION_MAX = 16;
/** Bytes of answers that wait for programs to read them, in all: some of the largest. Beyond, who makes most wait is ended. */
export const ANSWERS_WAITING_BYTES_MAX = 256 * 1024 * 1024;
/** An answer of which nothing is taken for this long is waited for by nobody, in milliseconds. */
export const STALLED_MS_MAX = 60_000;
/** Pause between two looks at the answers that wait, in milliseconds: what is made in it is the most that the bound is exceeded by. */
export const LOOK_MS = 500;

/**
 * What happened to a connection: it rested and made room for another, or it did not read its answer and did; or it was that other, and there was no room to
 * make; or it asked for too much at once.
 */
export type ConnectionEnd = 'rested' | 'stalled' | 'refused' | 'crowded';

/** What is known of a connection. */
interface Open {
  /** Answers under way: with pipelining they are several. */
  readonly answers: Set<ServerResponse>;
  /** What waited at the last look, and for how many looks it has been the same. */
  waited: string;
  looks: number;
}

/**
 * Bounds a server's connections from here on. Where there are `max`, the one that has rested longest makes room, else the one that has read nothing of its answer for longest;
 * where there is neither, none is taken. Answers the look at what waits, which a timer does by itself.
 */
export function boundConnections(
  server: Server,
  onEnd: (end: ConnectionEnd) => void,
  max: number = API_CONNECTIONS_MAX,
): { look(): void } {
  const open = new Map<Socket, Open>();
  /** Those without a request, the one that has rested longest first. */
  const resting = new Set<Socket>();
  const leave = (socket: Socket): void => {
    open.delete(socket);
    resting.delete(socket);
  };
  const end = (socket: Socket, why: ConnectionEnd): void => {
    onEnd(why);
    leave(socket);
    socket.destroy();
  };
  const longestStalled = (): Socket | undefined => {
    let longest: Socket | undefined;
    let most = 0;
    for (const [socket, { looks }] of open) if (looks > most) [longest, most] = [socket, looks];
    return longest;
  };
  server.on('connection', (socket) => {
    if (open.size >= max) {
      const [longest] = resting;
      if (longest !== undefined) end(longest, 'rested');
      else {
        const stalled = longestStalled();
        end(stalled ?? socket, stalled === undefined ? 'refused' : 'stalled');
        if (stalled === undefined) return;
      }
    }
    open.set(socket, { answers: new Set(), waited: '', looks: 0 });
    resting.add(socket);
    socket.once('close', () => leave(socket));
  });
  // Before whoever serves it, who looks whether the connection is still there.
  server.prependListener('request', ({ socket }, response) => {
    const known = open.get(socket);
    if (known === undefined) return;
    if (known.answers.size >= REQUESTS_PER_CONNECTION_MAX) {
      passOver(socket);
      end(socket, 'crowded');
      return;
    }
    known.answers.add(response);
    resting.delete(socket);
    response.once('close', () => {
      known.answers.delete(response);
      if (known.answers.size === 0 && open.has(socket)) resting.add(socket);
    });
  });
  const look = (): void => {
    const waiting: [Socket, number][] = [];
    for (const [socket, known] of open) {
      const bytes = waitingBytes(known.answers);
      const waited = bytes === 0 ? '' : `${bytes} ${unsentBytes(socket)}`;
      known.looks = waited !== '' && waited === known.waited ? known.looks + 1 : 0;
      known.waited = waited;
      if (known.looks * LOOK_MS >= STALLED_MS_MAX) end(socket, 'stalled');
      else if (bytes > 0) waiting.push([socket, bytes]);
    }
    let sum = waiting.reduce((all, [, bytes]) => all + bytes, 0);
    if (sum <= ANSWERS_WAITING_BYTES_MAX) return;
    for (const [socket, bytes] of waiting.sort(([, a], [, b]) => b - a)) {
      end(socket, 'stalled');
      sum -= bytes;
      if (sum <= ANSWERS_WAITING_BYTES_MAX) return;
    }
  };
  const timer = setInterval(look, LOOK_MS).unref();
  server.once('close', () => clearInterval(timer));
  return { look };
}

/** Has what else came in the same packet made into no requests: Node goes on with it after the socket has ended, and a packet holds a thousand. */
function passOver(socket: Socket): void {
  const { parser } = socket as unknown as { readonly parser?: { onIncoming?: () => number } | null };
  if (parser != null) parser.onIncoming = () => 0;
}

function waitingBytes(answers: ReadonlySet<ServerResponse>): number {
  let bytes = 0;
  for (const answer of answers) bytes += answer.writableLength;
  return bytes;
}

/** What the system has not taken yet of a write that is under way: of a long one it goes down while all else stays. */
function unsentBytes(socket: Socket): number {
  return (
    (socket as unknown as { readonly _handle?: { readonly writeQueueSize?: number } })._handle
      ?.writeQueueSize ?? 0
  );
}
