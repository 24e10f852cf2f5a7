// A TCP proxy that can swallow what flows in one direction: the connection stays open and half of it is deaf.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface OneWayProxy extends AsyncDisposable {
  readonly port: number;
  /** True swallows what clients send; what the server sends passes. */
  deaf: boolean;
}

/** A port of loopback that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a proxy on loopback in front of a port. */
export async function startProxy(target: number): Promise<OneWayProxy> {
  const sockets = new Set<Socket>();
  const proxy = { deaf: false };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (!proxy.deaf) upstream.write(bytes);
    });
    upstream.on('data', (bytes) => client.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
