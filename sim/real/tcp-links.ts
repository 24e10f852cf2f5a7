// The scenario's wire between real nodes on loopback. Every node has an address of its own in 127.1.0.0/16, which tells the links apart;
// other sockets stay as they are.

import { type SlowRule, slowSockets } from './slow-sockets.ts';
import type { ReliableWire } from './wire.ts';

const BYTE = 256;
const MS = 1_000;

/** Address of node `n`: loopback, and nobody else's. */
export function ipOfNode(n: number): string {
  return `127.1.${Math.floor((n + 1) / BYTE)}.${(n + 1) % BYTE}`;
}

/** The node of an address, or -1. */
export function nodeOfIp(ip: string | undefined): number {
  const match = /^127\.1\.(\d+)\.(\d+)$/.exec(ip ?? '');
  return match === null ? -1 : Number(match[1]) * BYTE + Number(match[2]) - 1;
}

/** Told of every piece that arrives. */
export type OnPiece = (from: number, to: number, bytes: number) => void;

interface Link {
  /** The node whose socket it is, and the one at the other end. */
  readonly near: number;
  readonly far: number;
}

/** Makes the sockets between nodes of this process slow, from now on. `wireOf` answers undefined while there is none yet. */
export function slowNodes(wireOf: () => ReliableWire | undefined, onPiece: OnPiece): void {
  const delayMs = (from: number, to: number, bytes: number): number =>
    (wireOf()?.delay(from, to, bytes, Math.round(performance.now() * MS)) ?? 0) / MS;
  const rule: SlowRule<Link> = {
    linkOf({ localAddress, remoteAddress }) {
      const link = { near: nodeOfIp(localAddress), far: nodeOfIp(remoteAddress) };
      return link.near < 0 || link.far < 0 ? undefined : link;
    },
    pieceMs: ({ far, near }, bytes) => delayMs(far, near, bytes),
    connectMs: ({ far, near }) => delayMs(near, far, 0) + delayMs(far, near, 0),
    onPiece: ({ far, near }, bytes) => onPiece(far, near, bytes),
  };
  slowSockets(rule);
}
