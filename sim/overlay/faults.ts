// What goes wrong with each relay and when. Drawn before the run, from streams of their own: every policy meets the same faults.

import { randomStream } from '../random.ts';
import type { Fault, OverlayScenario } from './scenario.ts';

/** How bad each fault is. */
export const JITTER_MS = 80;
export const LOSS_SHARE = 0.2;
export const SLOW_MS = 100;
export const SLOW_FACTOR = 2;
export const LYING_MS = 200;
export const LYING_DROPS = 0.1;
/** What a liar says that its links cost. */
export const LYING_COST_MS = 1;

export interface Spell {
  readonly relay: number;
  readonly fault: Fault;
  readonly fromS: number;
  readonly untilS: number;
}

/** All spells of a run, by time of their beginning. */
export function spells(scenario: OverlayScenario): Spell[] {
  const { faults, relays, wellS, faultyS, seed } = scenario;
  const end = scenario.settleS + scenario.measureS;
  const all: Spell[] = [];
  for (let relay = 0; relay < relays && faults.length > 0; relay++) {
    const random = randomStream(seed, 'faults', relay);
    for (let at = random.exponential(wellS); at < end; ) {
      const untilS = at + random.exponential(faultyS);
      all.push({ relay, fault: faults[random.below(faults.length)]!, fromS: at, untilS });
      at = untilS + random.exponential(wellS);
    }
  }
  return all.sort((a, b) => a.fromS - b.fromS);
}
