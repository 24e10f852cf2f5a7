// Puts the sockets of a process on a stage: each node has a loopback address of its own, which says between which two a socket runs, and what it gets
// arrives as late as the stage's wire has it.

import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { Socket } from 'node:net';
import type { RandomStream } from '../../sim/random.ts';
import { slowSockets } from '../../sim/real/slow-sockets.ts';
import { type StageLink, type StageNetwork, stageNetwork } from '../../sim/stage/stage.ts';
import { pieceMs } from '../../sim/stage/stage-wire.ts';

const LOOK_MS = 200;
const BYTE_BITS = 8;
const BYTE_MASK = 255;

/** What the file of a stage says: enough to make its network anew, and whose links are bad just now. */
export interface StageFile {
  readonly seed: number;
  readonly relays: number;
  readonly edges: number;
  readonly links: Readonly<Record<number, StageLink>>;
}

/** Address of a node. */
export function addressOfNode(node: number): string {
  return `127.1.${node >> BYTE_BITS}.${(node & BYTE_MASK) + 1}`;
}

function nodeOfAddress(address: string | undefined): number | undefined {
  const match = /^127\.1\.(\d+)\.(\d+)$/.exec(address ?? '');
  return match === null ? undefined : (Number(match[1]) << BYTE_BITS) + Number(match[2]) - 1;
}

/** Follows a stage's file until it is disposed of: its network, and whose links are bad, by node. */
export function followStage(file: string): Disposable & {
  readonly network: StageNetwork;
  readonly links: () => StageFile['links'];
} {
  const read = () => JSON.parse(readFileSync(file, 'utf8')) as StageFile;
  let now = read();
  const look = () => {
    now = read();
  };
  watchFile(file, { interval: LOOK_MS, persistent: false }, look);
  return {
    network: stageNetwork(now, now.seed),
    links: () => now.links,
    [Symbol.dispose]: () => unwatchFile(file, look),
  };
}

/**
 * From now on sockets of this process that connect to a node of the stage do so as `here` says they are, and all between two nodes of it are as slow as
 * its wire. Disposed of, they are slow no more.
 */
export function placeSockets(options: {
  readonly network: StageNetwork;
  readonly links: () => StageFile['links'];
  /** Which node connects; undefined: nobody of the stage. */
  readonly here: () => number | undefined;
  readonly random: RandomStream;
}): Disposable {
  const { here, links, network, random } = options;
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function placedConnect(this: Socket, ...args: unknown[]): Socket {
    const first: unknown = Array.isArray(args[0]) ? args[0][0] : args[0];
    const target = first as { host?: string; localAddress?: string } | null;
    const from = here();
    if (from !== undefined && typeof target === 'object' && nodeOfAddress(target?.host) !== undefined)
      target!.localAddress = addressOfNode(from);
    return Reflect.apply(connect, this, args) as Socket;
  } as typeof connect;
  interface Ends {
    readonly from: number;
    readonly to: number;
  }
  const oneWay = ({ from, to }: Ends) =>
    pieceMs(network.delay(from, to), [links()[from], links()[to]], random);
  return slowSockets<Ends>({
    linkOf(socket) {
      const [from, to] = [nodeOfAddress(socket.remoteAddress), nodeOfAddress(socket.localAddress)];
      return from === undefined || to === undefined ? undefined : { from, to };
    },
    pieceMs: oneWay,
    connectMs: (ends) => oneWay(ends) + oneWay(ends),
  });
}
