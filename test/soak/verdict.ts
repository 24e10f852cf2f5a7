// The verdict of a soak, from what was counted. Pure. It says as well what this run was too short, or too idle, to tell: no bound is
// said to hold of what was not measured.

import type { Figure } from '../chaos/rig.ts';
import type { Lost } from './end.ts';
import { FAULTS, type FaultCounts } from './faults.ts';
import type { LoadCounts } from './load.ts';
import { type HeapSample, heapSlope } from './slope.ts';

/** From the end of the faults until all nodes know the same. */
export const CONVERGE_SECONDS_MAX = 120;
const CRASH_FREE_MIN = 0.999;
const DROPS_MAX = 0.001;
const MIB = 1_048_576;
const HEAP_SLOPE_MAX = MIB;
/** A slope is judged when its standard error is below the bound: before, it is only told. */
const JUDGED_ERROR_MAX: number = HEAP_SLOPE_MAX;
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
    readonly resident: readonly HeapSample[];
  }[];
}

/** Something that this run can not tell, and why. */
export interface Unjudged {
  readonly name: string;
  readonly why: string;
}

/** What a soak came to. */
export interface SoakResult {
  readonly figures: Figure[];
  readonly unjudged: Unjudged[];
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
  for (const process of counted.processes) {
    const { figures: own, why } = heapOf(process);
    figures.push(...own);
    if (why !== undefined) tell(`heap slope of process ${process.at}`, why);
  }
  return { figures: figures.filter(({ value }) => !Number.isNaN(value)), unjudged };
}

/** The figures of the memory of one process; `why` where its slope can not be judged. */
function heapOf({ at, resident, samples }: Counted['processes'][number]): {
  figures: Figure[];
  why?: string;
} {
  const slope = heapSlope(samples);
  const { error, perEntry, perHour, total } = slope;
  const name = (what: string) => `process ${at}: ${what}`;
  const figures: Figure[] = [
    { name: name('looks at memory'), value: samples.length, unit: 'times' },
    { name: name('resident slope, total'), value: heapSlope(resident).total / MIB, unit: 'MiB/h' },
    { name: name('heap slope, total'), value: total / MIB, unit: 'MiB/h' },
    { name: name('heap kept an entry'), value: perEntry, unit: 'bytes' },
    { name: name('heap slope, constant state'), value: perHour / MIB, unit: 'MiB/h' },
    { name: name('its standard error'), value: error / MIB, unit: 'MiB/h' },
  ];
  if (Number.isNaN(error))
    return { figures, why: `${samples.length} looks at memory after warm-up are too few` };
  if (!(error <= JUDGED_ERROR_MAX)) {
    const told = `${(perHour / MIB).toFixed(1)} MiB/h with an error of ${(error / MIB).toFixed(1)}`;
    return { figures, why: `${told}, which is above the bound of ${HEAP_SLOPE_MAX / MIB}` };
  }
  // Twice the error: a slope that only chance puts above the bound is not held against it.
  const least = (perHour - 2 * error) / MIB;
  figures.push({
    name: name('slope less twice its error'),
    value: least,
    unit: 'MiB/h',
    max: HEAP_SLOPE_MAX / MIB,
  });
  return { figures };
}
