// How many programs may be connected to an HTTP server at once. Each connection is a descriptor, which the database and the peers need as well, and
// whoever reaches the port may open one without a token. Must not: end one on which a request is under way.

import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections at once: more than requests that may wait for their turn (`TURNS_WAITING_MAX`), so that a program that asks for too much is told OVERLOADED and
 * not hung up on, and a thousand that rest between two requests.
 */
export const API_CONNECTIONS_MAX = 3_072;

/** What happened to a connection: it rested and made room for another, or it was that other, and there was no room to make. */
export type ConnectionEnd = 'rested' | 'refused';

/** Bounds a server's connections from here on. Where there are `max`, the one that has rested longest makes room; where none rests, none is taken. */
export function boundConnections(
  server: Server,
  onEnd: (end: ConnectionEnd) => void,
  max: number = API_CONNECTIONS_MAX,
): void {
  /** Requests under way on each connection: with pipelining they are several. */
  const open = new Map<Socket, number>();
  /** Those without one, the one that has rested longest first. */
  const resting = new Set<Socket>();
  const leave = (socket: Socket): void => {
    open.delete(socket);
    resting.delete(socket);
  };
  server.on('connection', (socket) => {
    if (open.size >= max) {
      const [longest] = resting;
      onEnd(longest === undefined ? 'refused' : 'rested');
      if (longest !== undefined) leave(longest);
      (longest ?? socket).destroy();
      if (longest === undefined) return;
    }
    open.set(socket, 0);
    resting.add(socket);
    socket.once('close', () => leave(socket));
  });
  server.on('request', ({ socket }, response) => {
    count(socket, 1);
    response.once('close', () => count(socket, -1));
  });

  function count(socket: Socket, more: number): void {
    const before = open.get(socket);
    if (before === undefined) return;
    open.set(socket, before + more);
    if (before + more > 0) resting.delete(socket);
    else resting.add(socket);
  }
}
