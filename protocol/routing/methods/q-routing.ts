// Q-routing and its relatives: a table of expected times by destination and neighbour, moved by each hop's own time plus what
// the neighbour says is left (backward feedback). Dual Q-routing learns from what arrives as well (forward feedback, Kumar and
// Miikkulainen 1997); full echo asks every neighbour before it needs to know. The first two explore with payload.

import { RecentMap } from '../../bounded/index.ts';
import { isJsonObject, type JsonObject } from '../../json/index.ts';
import type { Knowledge } from '../knowledge.ts';
import { ASKS_PER_TICK_MAX, DESTINATIONS_MAX, NEIGHBOURS_MAX, SNAPSHOT_ROWS_MAX } from '../limits.ts';
import type { Method } from '../method.ts';
import { penalties } from '../penalties.ts';
import type { DestinationId, NeighbourId, NeighbourView, RoutingEffect, RoutingView } from '../ports.ts';
import { learned } from '../q-values.ts';
import { numberOf, rowsOf } from '../state.ts';

/** The learning rate of the paper. */
const ETA = 0.5;
/** What a demand loses that was not taken over, or got no answer. */
const FAILURE_MS = 1_000;
/** What is assumed behind a neighbour of whom nothing is known. */
const REMAINDER_PRIOR_MS = 150;
/** Believed of a neighbour's own estimate. */
const REMAINDER_MAX_MS = 600_000;
/** Samples after which confidence is nearly full, and the time in which it fades: values grow old. */
const SAMPLES_FOR_CONFIDENCE = 3;
const CONFIDENCE_MS = 120_000;
/** A destination that nobody wanted for so long is asked about no more. */
const IN_USE_MS = 10_000;

export interface QOptions {
  readonly name: string;
  /** Share of demands that go to a neighbour at random, to learn. */
  readonly epsilon: number;
  readonly forwardFeedback: boolean;
  readonly echo: boolean;
}

interface Entry {
  value: number;
  samples: number;
  at: number;
}

interface Row {
  readonly entries: RecentMap<NeighbourId, Entry>;
  usedAt: number;
}

export function qRouting(known: Knowledge, options: QOptions): Method {
  const rows = new RecentMap<DestinationId, Row>(DESTINATIONS_MAX);
  const rowOf = (destination: DestinationId): Row =>
    rows.obtain(destination, () => ({
      entries: new RecentMap(NEIGHBOURS_MAX),
      usedAt: Number.NEGATIVE_INFINITY,
    }));

  // Where reports know a way, its length is a better start than nought.
  const prior = (id: NeighbourId, destination: DestinationId): number => {
    const rest = known.map.cost(id, destination, 'usual');
    return (known.links.get(id)?.baselineMs ?? 0) + (Number.isFinite(rest) ? rest : REMAINDER_PRIOR_MS);
  };
  const expected = (destination: DestinationId, id: NeighbourId): number =>
    rows.get(destination)?.entries.get(id)?.value ?? prior(id, destination);
  const confidence = (destination: DestinationId, id: NeighbourId, now: number): number => {
    const entry = rows.get(destination)?.entries.get(id);
    if (entry === undefined) return id === destination ? (known.links.get(id)?.confidence(now) ?? 0) : 0;
    const age = Math.max(0, now - entry.at);
    return (1 - Math.exp(-entry.samples / SAMPLES_FOR_CONFIDENCE)) * Math.exp(-age / CONFIDENCE_MS);
  };
  const learn = (destination: DestinationId, id: NeighbourId, sample: number, now: number): void => {
    const { entries } = rowOf(destination);
    const old = entries.get(id);
    const value = learned(old?.value ?? prior(id, destination), sample, ETA);
    entries.set(id, { value, samples: (old?.samples ?? 0) + 1, at: now });
  };
  const rest = (ms: number): number => Math.min(REMAINDER_MAX_MS, Math.max(0, ms));
  const asks = (view: RoutingView, now: number): RoutingEffect[] => {
    const effects: RoutingEffect[] = [];
    for (const [destination, { usedAt }] of rows.entries()) {
      if (now - usedAt > IN_USE_MS) continue;
      for (const { id, up, forwards } of view.neighbours) {
        if (!up || !forwards || id === destination) continue;
        if (effects.length >= ASKS_PER_TICK_MAX) return effects;
        effects.push({ kind: 'ask', neighbour: id, destination });
      }
    }
    return effects;
  };

  return {
    name: options.name,
    learns: true,
    sticks: true,
    weigh(neighbour: NeighbourView, demand, _view, now) {
      const { destination } = demand;
      rowOf(destination).usedAt = now;
      const jitter = known.links.get(neighbour.id)?.cost(now).deviationMs ?? 0;
      return {
        terms: { value: expected(destination, neighbour.id), jitter, ...penalties(neighbour, demand) },
        confidence: confidence(destination, neighbour.id, now),
      };
    },
    pick(choices, _demand, _now, random) {
      if (options.epsilon > 0 && choices.length > 1 && random.unit() < options.epsilon) {
        return { choice: choices[Math.floor(random.unit() * choices.length)]!, reason: 'explored' };
      }
      return { choice: choices[0]!, reason: 'best' };
    },
    observe(event, now) {
      if (event.kind === 'handed' || event.kind === 'finished') {
        const { destination, neighbour } = event;
        if (!event.ok) learn(destination, neighbour, expected(destination, neighbour) + FAILURE_MS, now);
        else if (event.kind === 'handed' && (neighbour === destination || event.remainingMs !== undefined)) {
          const left = neighbour === destination ? 0 : rest(event.remainingMs ?? 0);
          learn(destination, neighbour, (event.tookMs ?? 0) + left, now);
        }
      } else if (event.kind === 'arrived' && options.forwardFeedback) {
        learn(event.source, event.neighbour, Math.max(0, event.tookMs) + rest(event.remainingMs), now);
      } else if (event.kind === 'echoed') {
        const link = known.links.get(event.neighbour)?.cost(now).srttMs ?? 0;
        learn(event.destination, event.neighbour, link + rest(event.remainingMs), now);
      }
    },
    tick: (view, now) => (options.echo ? asks(view, now) : []),
    remaining(destination, view, _now, exclude) {
      let least = Number.POSITIVE_INFINITY;
      for (const { id, up, forwards } of view.neighbours) {
        if (!up || id === exclude || (!forwards && id !== destination)) continue;
        least = Math.min(least, expected(destination, id));
      }
      return least;
    },
    save() {
      const newest = [...rows.entries()].slice(-SNAPSHOT_ROWS_MAX);
      return Object.fromEntries(newest.map(([destination, { entries }]) => [destination, saved(entries)]));
    },
    load(state, now) {
      for (const [destination, row] of rowsOf(state, SNAPSHOT_ROWS_MAX)) {
        const { entries } = rowOf(destination);
        for (const [id, cell] of rowsOf(row, NEIGHBOURS_MAX)) {
          if (!isJsonObject(cell)) continue;
          const samples = Math.max(0, Math.floor(numberOf(cell.samples)));
          entries.set(id, { value: rest(numberOf(cell.value)), samples, at: now });
        }
      }
    },
  };
}

function saved(entries: RecentMap<NeighbourId, Entry>): JsonObject {
  const cells = [...entries.entries()].map(([id, { value, samples }]): [string, JsonObject] => [
    id,
    { value: Math.round(value * 10) / 10, samples: Math.min(samples, 1_000) },
  ]);
  return Object.fromEntries(cells);
}
