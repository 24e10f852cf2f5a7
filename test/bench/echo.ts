// What the benchmarks of relays measure on: a protocol whose other end sends back what it gets.

import type { ZerostateNode } from '../../node/index.ts';

/** libp2p protocol of the streams that are measured. */
export const ECHO = '/bench/echo';

/** Has a node send back what comes on such streams, also when they come through relays. */
export async function serveEcho({ host }: Pick<ZerostateNode, 'host'>): Promise<void> {
  await host.handle(
    ECHO,
    (stream) => {
      stream.addEventListener('message', ({ data }) => stream.send(data));
    },
    { runOnLimitedConnection: true },
  );
}
