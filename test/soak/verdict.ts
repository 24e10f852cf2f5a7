// The verdict of a soak, from what was counted. Pure. It says as well what this run was too short, or too idle, to tell: no bound is
// said to hold of what was not measured.

import type { Figure } from '../chaos/rig.ts';
import type { Lost } from './end.ts';
import { FAULTS, type FaultCounts } from './faults.ts';
import type { LoadCounts } from './load.ts';
import { type HeapSample, heapSlope, type Slope } from './slope.ts';

/** From the end of the faults until all nodes know the same. */
export const CONVERGE_SECONDS_MAX = 120;
const CRASH_FREE_MIN = 0.999;
const DROPS_MAX = 0.001;
const MB = 1_000_000;
/** Of a process with one node, of what it holds without compiled code; code that grows less has come to its end. */
const HEAP_SLOPE_MAX = MB;
/** Compiled code: twice what a node has after ten minutes, in which every part of it has run but few were optimized. */
const CODE_MAX = 32 * MB;
/** What code is regressed on beside time. */
const NOTHING = { cards: 0, others: 0, connections: 0, results: 0 };
/** The length that the bounds are meant for. */
const MINUTES_MEANT = 60;

/** What was counted. */
export interface Counted {
  readonly nodes: number;
  /** How long it ran, which is less than was asked for where it was ended early. */
  readonly minutes: number;
  /** Nodes that ended with their process, unasked. */
  readonly crashes: number;
  readonly load: LoadCounts;
  readonly faults: FaultCounts;
  /** Milliseconds until all knew the same. */
  readonly converged: number;
  readonly lost: Lost;
  /** Processes whose memory was looked at. */
  readonly processes: readonly {
    readonly at: number;
    readonly samples: readonly HeapSample[];
    readonly code: readonly HeapSample[];
    readonly resident: readonly HeapSample[];
  }[];
}

type Process = Counted['processes'][number];
type Tell = (name: string, why: string) => void;

/** Something that this run can not tell, and why. */
export interface Unjudged {
  readonly name: string;
  readonly why: string;
}

/** What a soak came to. */
export interface SoakResult {
  readonly figures: Figure[];
  readonly unjudged: Unjudged[];
  /** Looks at memory, from which its slope was told. */
  readonly memory: Counted['processes'];
}

/** The figures of a soak with their bounds, and what it can not tell. */
export function verdict(counted: Counted): SoakResult {
  const { converged, crashes, faults, load, lost, minutes, nodes } = counted;
  const sessions = nodes + faults.ended;
  const figures: Figure[] = [
    { name: 'sessions of nodes', value: sessions, unit: 'sessions', min: nodes },
    { name: 'crash-free sessions', value: 1 - crashes / sessions, unit: 'share', min: CRASH_FREE_MIN },
    { name: 'faults that went wrong', value: faults.failed, unit: 'faults', max: 0 },
    { name: 'upgrades ended by a kill', value: faults.late, unit: 'processes' },
    { name: 'nodes silent at the end', value: lost.silent, unit: 'nodes', max: 0 },
    { name: 'acknowledged', value: load.published + load.revoked + load.ran, unit: 'writes', min: 1 },
    { name: 'refused or failed meanwhile', value: load.refused, unit: 'requests' },
    { name: 'not answered in time', value: load.unanswered, unit: 'requests' },
    { name: 'held back, too much under way', value: load.heldBack, unit: 'requests' },
    { name: 'acknowledged cards lost', value: lost.cards, unit: 'cards', max: 0 },
    { name: 'acknowledged revocations lost', value: lost.revocations, unit: 'revocations', max: 0 },
    { name: 'acknowledged tasks lost', value: lost.tasks, unit: 'tasks', max: 0 },
    { name: 'deliveries', value: lost.deliveries, unit: 'deliveries' },
    {
      name: 'unexplained drops',
      value: lost.missing / Math.max(1, lost.deliveries),
      unit: 'share',
      max: DROPS_MAX,
    },
    { name: 'all know the same, after', value: converged / 1_000, unit: 's', max: CONVERGE_SECONDS_MAX },
  ];
  const unjudged: Unjudged[] = [];
  const tell = (name: string, why: string) => unjudged.push({ name, why });
  if (minutes < MINUTES_MEANT)
    tell(
      `${MINUTES_MEANT} minutes`,
      `the bounds are meant for that length; this ran for ${minutes.toFixed(1)}`,
    );
  for (const kind of FAULTS) if (faults[kind] === 0) tell(`fault: ${kind}`, 'none happened in this time');
  for (const [kind, made] of [
    ['cards', load.published],
    ['revocations', load.revoked],
    ['tasks', load.ran],
  ] as const)
    if (made === 0) tell(`acknowledged ${kind} lost`, 'none was acknowledged');
  if (lost.deliveries * DROPS_MAX < 1)
    tell(
      'unexplained drops',
      `one in ${lost.deliveries} deliveries would be above the bound; none may be missing`,
    );
  for (const process of counted.processes) heapOf(process, figures, tell);
  return {
    figures: figures.filter(({ value }) => !Number.isNaN(value)),
    unjudged,
    memory: counted.processes,
  };
}

/** The figures of the memory of one process; tells where a slope can not be judged. */
function heapOf({ at, code, resident, samples }: Process, figures: Figure[], tell: Tell): void {
  const name = (what: string) => `process ${at}: ${what}`;
  const data = heapSlope(samples);
  const { each, leftOut, total } = data;
  figures.push(
    { name: name('looks at memory'), value: samples.length, unit: 'times' },
    { name: name('looks left out'), value: leftOut, unit: 'times' },
    { name: name('resident slope, total'), value: heapSlope(resident).total / MB, unit: 'MB/h' },
    { name: name('heap slope, total'), value: total / MB, unit: 'MB/h' },
    { name: name('heap kept a card'), value: each.cards, unit: 'bytes' },
    { name: name('heap kept another entry'), value: each.others, unit: 'bytes' },
    { name: name('heap kept a connection'), value: each.connections, unit: 'bytes' },
    { name: name('heap kept a result'), value: each.results, unit: 'bytes' },
  );
  const slope = { name: name('heap slope, data held apart'), value: data.perHour / MB, unit: 'MB/h' };
  figures.push({ name: name('standard error of the heap slope'), value: data.error / MB, unit: 'MB/h' });
  // Twice the error on the side of doubt: only what is surely below or surely above is judged.
  const isTold = isBelow(data) || data.perHour - 2 * data.error > HEAP_SLOPE_MAX;
  figures.push(isTold ? { ...slope, max: HEAP_SLOPE_MAX / MB } : slope);
  if (Number.isNaN(data.error))
    tell(slope.name, `${samples.length} looks at memory after warm-up do not tell time from data`);
  else if (!isTold)
    tell(slope.name, `${words(data)}: within twice that of the bound of ${HEAP_SLOPE_MAX / MB}`);
  codeOf({ at, code }, figures, tell);
}

/** Compiled code has an end, which it nears ever slower: how much there is has a bound, and its slope is that of the second half. */
function codeOf({ at, code }: Pick<Process, 'at' | 'code'>, figures: Figure[], tell: Tell): void {
  const half = ((code[0]?.hours ?? 0) + (code.at(-1)?.hours ?? 0)) / 2;
  const late = code.filter(({ hours }) => hours >= half);
  // It has nothing to do with how much is kept.
  const slope = heapSlope(late.map(({ bytes, hours }) => ({ ...NOTHING, bytes, hours })));
  const held = late.at(-1)?.bytes ?? Number.NaN;
  figures.push(
    { name: `process ${at}: code held`, value: held / MB, unit: 'MB', max: CODE_MAX / MB },
    { name: `process ${at}: code slope of the second half`, value: slope.perHour / MB, unit: 'MB/h' },
    { name: `process ${at}: standard error of the code slope`, value: slope.error / MB, unit: 'MB/h' },
  );
  if (Number.isNaN(slope.error))
    tell(`process ${at}: the end of its code`, `${late.length} looks do not tell`);
  else if (!isBelow(slope)) tell(`process ${at}: the end of its code`, `it still grows by ${words(slope)}`);
}

const isBelow = ({ error, perHour }: Slope): boolean => perHour + 2 * error < HEAP_SLOPE_MAX;
const words = ({ error, perHour }: Slope): string =>
  `${(perHour / MB).toFixed(2)} MB/h with an error of ${(error / MB).toFixed(2)}`;
