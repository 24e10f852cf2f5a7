// What the page of a run is made from: its trace, shortened to numbers. Pure.

import type { TraceLine } from '../scenario/index.ts';

/** Lines of a page at most: some 30 bytes each in it, and a browser draws them at once. Messages go first when there are more. */
const LINES_MAX = 200_000;
/** Things whose spread can be chosen. */
const THINGS_MAX = 2_000;

const US_PER_MS = 1_000;
/** Kinds that say that a node now has a thing. */
const ARRIVALS: ReadonlySet<string> = new Set(['publication', 'compared', 'arrive', 'refuse', 'hop']);
/** Kinds that say that a node made one; the first two are of the cores tier, the last is a request that relays pass on. */
const ORIGINS: ReadonlySet<string> = new Set(['statement', 'revocation', 'publish', 'revoke', 'request']);
/** Kinds that say how a request ended, or that it is tried again. */
const ENDS: ReadonlySet<string> = new Set(['answered', 'unanswered', 'again']);
/** Kinds that say that a node is there or not. */
const TURNS: ReadonlySet<string> = new Set(['comes', 'goes']);

/** One event: milliseconds, kind, node, peer or -1, thing or -1. */
export type Row = readonly [at: number, kind: number, node: number, peer: number, thing: number];

export interface ViewData {
  readonly nodes: number;
  readonly kinds: readonly string[];
  readonly things: readonly { readonly name: string; readonly isRevocation: boolean }[];
  /** By time. */
  readonly rows: readonly Row[];
  /** Numbers of the kinds that are arrivals. */
  readonly arrivals: readonly number[];
  /** Lines that there was no room for. */
  readonly left: number;
}

/** Shortens a trace. What a thing of the cores tier is, only its writer's line says. */
export function viewDataOf(lines: readonly TraceLine[]): ViewData {
  const kinds: string[] = [];
  const things: { name: string; isRevocation: boolean }[] = [];
  const numbers = new Map<string, number>();
  const revoking = new Set<string>();
  const isOfThing = (kind: string) => ARRIVALS.has(kind) || ORIGINS.has(kind);
  const isTold = (kind: string) => isOfThing(kind) || TURNS.has(kind) || ENDS.has(kind);
  const important = lines.filter(({ kind }) => isTold(kind)).length;
  let room = Math.max(0, LINES_MAX - important);
  let left = 0;
  let nodes = 0;
  const rows: Row[] = [];
  const kindOf = (kind: string): number => {
    const known = kinds.indexOf(kind);
    return known >= 0 ? known : kinds.push(kind) - 1;
  };
  const thingOf = (line: TraceLine): number => {
    const isRevocation = line.kind === 'refuse' || line.kind === 'revoke' || revoking.has(line.what);
    const key = `${isRevocation} ${line.what}`;
    let number = numbers.get(key);
    if (number === undefined && things.length < THINGS_MAX) {
      const name =
        line.kind === 'statement' || line.kind === 'revocation' ? `${line.kind}: ${line.what}` : line.what;
      number = things.push({ name, isRevocation }) - 1;
      numbers.set(key, number);
    }
    return number ?? -1;
  };
  for (const line of lines) {
    nodes = Math.max(nodes, line.node + 1, line.peer + 1);
    if (line.kind === 'revocation') revoking.add(line.what);
    if ((!isTold(line.kind) && room-- <= 0) || rows.length >= LINES_MAX) {
      left += 1;
      continue;
    }
    const thing = isOfThing(line.kind) || ENDS.has(line.kind) ? thingOf(line) : -1;
    rows.push([Math.round(line.at / US_PER_MS), kindOf(line.kind), line.node, line.peer, thing]);
  }
  rows.sort((a, b) => a[0] - b[0]);
  const arrivals = kinds.flatMap((kind, at) => (isOfThing(kind) ? [at] : []));
  return { nodes, kinds, things, rows, arrivals, left };
}
