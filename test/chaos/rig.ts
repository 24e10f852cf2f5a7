// What every chaos row is made of: its form, figures with thresholds, and the faults that several rows share.

import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ConnectionGater, PeerId } from '@libp2p/interface';
import type { RunningNode } from '../../node/index.ts';

/** One measured number and what it must be. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The value must not be above `max` or below `min`. */
  readonly max?: number;
  readonly min?: number;
}

/** One row of "What such a node must survive". */
export interface ChaosRow {
  readonly row: number;
  /** The fault, in a few words. */
  readonly title: string;
  /** What passes, as people read it. */
  readonly pass: string;
  /** True when it can cut a network of namespaces; without, it cuts by the nodes' gates or by proxies. */
  readonly inNamespaces?: boolean;
  /** Runs the fault; `quick` asks for the small form that `npm test` has time for. */
  run(options: ChaosOptions): Promise<Figure[]>;
}

/** What the command line may ask of a row. */
export interface ChaosOptions {
  readonly quick: boolean;
  /** Length of the fault, where it has one. */
  readonly minutes?: number;
  /** Nodes, where their number can be chosen. */
  readonly nodes?: number;
  /** True where rows that cut the network may make one of network namespaces, as root. */
  readonly namespaces?: boolean;
  /** Seeds from the first to the second, both included, where there are seeds. */
  readonly seeds?: readonly [number, number];
}

export const MIB = 1_048_576;

/** So many times as long as in the full form may anything take in the small one. */
const SMALL_FORM_FACTOR = 6;

/**
 * A threshold of time, in whatever unit. The full form has a machine to itself and measures; the small one runs wherever the tests do, and what it
 * guards against, a hang or an end that never comes, takes longer than any such machine adds.
 */
export function timeMax(max: number, { quick }: Pick<ChaosOptions, 'quick'>): number {
  return quick ? max * SMALL_FORM_FACTOR : max;
}

export function holds({ value, min, max }: Figure): boolean {
  return Number.isFinite(value) && (min === undefined || value >= min) && (max === undefined || value <= max);
}

/** A figure as a line, with its thresholds and whether they hold. */
export function figureLine(figure: Figure): string {
  const value = Number.isInteger(figure.value) ? String(figure.value) : figure.value.toPrecision(3);
  const bounds = [
    ...(figure.min === undefined ? [] : [`at least ${Number(figure.min.toPrecision(4))}`]),
    ...(figure.max === undefined ? [] : [`at most ${Number(figure.max.toPrecision(4))}`]),
  ];
  const verdict = bounds.length === 0 ? '' : `  (${bounds.join(', ')}: ${holds(figure) ? 'ok' : 'FAILED'})`;
  return `  ${figure.name.padEnd(32)} ${value.padStart(10)} ${figure.unit}${verdict}`;
}

/** The value that a share `p` (0 to 1) of the sorted samples does not exceed; NaN without samples. */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * p) - 1)] ?? Number.NaN;
}

let collect: (() => void) | undefined;

/** Bytes that are still held when the garbage is gone. What `external` counts has the array buffers in it. */
export function heldBytes(): number {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  const { external, heapUsed } = process.memoryUsage();
  return heapUsed + external;
}

/** Waits until something holds; answers the seconds it took. Infinity after `secondsMax`. */
export async function secondsUntil(
  done: () => boolean | Promise<boolean>,
  secondsMax: number,
): Promise<number> {
  const started = performance.now();
  for (;;) {
    if (await done()) return (performance.now() - started) / 1_000;
    if (performance.now() - started > secondsMax * 1_000) return Number.POSITIVE_INFINITY;
    await delay(50);
  }
}

/** What a node holds of all logs, as one comparable text. */
export function stateOf({ node }: Pick<RunningNode, 'node'>): string {
  return node.store
    .states()
    .filter(({ size }) => size > 0)
    .map(({ origin, size, root }) => `${origin} ${size} ${Buffer.from(root).toString('hex')}`)
    .sort()
    .join('\n');
}

export function sameState(nodes: readonly RunningNode[]): boolean {
  return new Set(nodes.map(stateOf)).size === 1;
}

type Mutable = { -readonly [K in keyof ConnectionGater]: ConnectionGater[K] };

/** Cuts every connection between two groups of nodes and lets none be made; answers a function that heals. */
export async function split(
  left: readonly RunningNode[],
  right: readonly RunningNode[],
): Promise<() => void> {
  const heals = await Promise.all([
    ...left.map((running) => forbid(running, right)),
    ...right.map((running) => forbid(running, left)),
  ]);
  return () => {
    for (const heal of heals) heal();
  };
}

async function forbid({ node }: RunningNode, others: readonly RunningNode[]): Promise<() => void> {
  const ids = new Set(others.map((other) => other.node.peerId));
  const { connectionGater: gater } = (node.host as unknown as { components: { connectionGater: Mutable } })
    .components;
  const before = { ...gater };
  const cut = (peer: PeerId) => ids.has(peer.toString());
  gater.denyDialPeer = async (peer) => cut(peer) || ((await before.denyDialPeer?.(peer)) ?? false);
  gater.denyInboundEncryptedConnection = async (peer, connection) =>
    cut(peer) || ((await before.denyInboundEncryptedConnection?.(peer, connection)) ?? false);
  gater.denyOutboundEncryptedConnection = async (peer, connection) =>
    cut(peer) || ((await before.denyOutboundEncryptedConnection?.(peer, connection)) ?? false);
  await Promise.all(others.map((other) => node.host.hangUp(other.node.host.peerId).catch(() => undefined)));
  return () => {
    for (const name of [
      'denyDialPeer',
      'denyInboundEncryptedConnection',
      'denyOutboundEncryptedConnection',
    ] as const) {
      if (before[name] === undefined) delete gater[name];
      else Object.assign(gater, { [name]: before[name] });
    }
  };
}
