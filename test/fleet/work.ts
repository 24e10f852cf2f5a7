// What a process of the fleet works for: CPU time, and streams that others began on the connections of its nodes.

import type { Host } from '../../node/host/create.ts';

interface Muxed {
  readonly muxer?: { addEventListener(type: 'stream', listener: () => void): void };
}

let streams = 0;

/** Counts the streams that peers begin at this host from now on. */
export function countStreams(host: Host): void {
  const watch = (connection: unknown) =>
    (connection as Muxed).muxer?.addEventListener('stream', () => {
      streams += 1;
    });
  for (const connection of host.getConnections()) watch(connection);
  host.addEventListener('connection:open', ({ detail }) => watch(detail));
}

/** CPU milliseconds of this process, and streams begun at its nodes, so far. */
export function workSoFar(): { cpuMs: number; streams: number } {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1_000, streams };
}
