// Routing policies in turns on one small fleet of real relays: every policy meets the same relays, pairs and faults, one after the other, round by
// round, so that what the machine does meanwhile befalls all of them.

import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { RandomStream } from '../../sim/random.ts';
import { DAYS, type Day, FAULTS } from '../../sim/stage/stage.ts';
import type { BenchContext } from './bench.ts';
import { cores, learn, traffic } from './policy-callers.ts';
import { impair } from './policy-days.ts';
import { PolicyFleet } from './policy-fleet.ts';
import type { PolicyKind } from './policy-kinds.ts';
import { failureOf, type Samples, samples, show, take } from './policy-traffic.ts';

/** Time with traffic that a policy gets to learn, and to learn anew when faults begin. */
const LEARN_MS = 4_000;
/** Time with traffic before the first policy: processes that have just started are slow, and the first would meet another fleet than the others. */
const WARM_MS = 15_000;
/** Every link when nothing is wrong. */
const CALM = { oneWayMs: 5, jitterMs: 2 };
/** Two cores hold no more: each relay is a process that speaks to all others every second. */
const FLEET = { relays: 9, edges: 12 };
/** Streams of a policy in a round. More while nothing is wrong: there a twentieth is at stake, and not a third. */
const STREAMS: Readonly<Record<Day, number>> = { calm: 100, impaired: 40 };
const ROUNDS = 3;

/** What was measured of every policy, by its name and the day. */
export type Results = Map<string, Samples>;

export const keyOf = (policy: string, day: Day): string => `${policy} ${day}`;

/** What was measured of a policy on a day so far. */
export function resultOf(results: Results, policy: string, day: Day): Samples {
  const key = keyOf(policy, day);
  const known = results.get(key) ?? samples();
  results.set(key, known);
  return known;
}

async function measure(
  fleet: PolicyFleet,
  pairs: RandomStream,
  requests: number,
  into: Samples,
  note: (text: string) => void,
): Promise<void> {
  let begun = 0;
  const liar = fleet.relayId(FAULTS.liar.at);
  await traffic(
    fleet,
    pairs,
    () => begun++ >= requests,
    (outcome, from, to) => {
      take(into, outcome, liar);
      const failure = failureOf(outcome, from, to);
      if (failure !== undefined) note(`  ${failure}`);
    },
  );
}

async function mend(fleet: PolicyFleet): Promise<void> {
  for (const { at } of [FAULTS.slow, FAULTS.lossy]) fleet.link(at);
  fleet.lies(FAULTS.liar.at);
  await fleet.revive(FAULTS.killed);
  await fleet.settled();
}

/** Runs them, and answers the sizes. */
export async function inTurns(
  { folder, note, out, random, seed }: BenchContext,
  kinds: readonly PolicyKind[],
  results: Results,
): Promise<Record<string, number>> {
  const began = performance.now();
  const seconds = () => `${Math.round((performance.now() - began) / 1_000)} s`;
  const tell = (text: string): void => note(`${seconds()}: ${text}`);
  await using fleet = await PolicyFleet.start(folder(), { ...FLEET, seed }, CALM, tell);
  tell('all know how to reach each other');
  const idle = cores(fleet);
  await delay(LEARN_MS);
  tell(`nothing is asked; ${idle()}`);
  await learn(fleet, random('warming'), WARM_MS);
  for (let round = 0; round < ROUNDS; round++) {
    for (const day of DAYS) {
      // All policies have their turn on the same day, and another one is the first in every round. Each goes on from what it learned itself.
      if (day === 'impaired') await impair(fleet);
      for (const at of kinds.keys()) {
        const kind = kinds[(at + round) % kinds.length]!;
        const policy = kind.label;
        await fleet.use(kind);
        // The same pairs for every policy, and others in every round.
        const pairs = random(`pairs ${round} ${day}`);
        await learn(fleet, random(`learning ${round} ${day}`), LEARN_MS);
        const into = resultOf(results, policy, day);
        await fleet.lateMs();
        const busy = cores(fleet);
        await measure(fleet, pairs, STREAMS[day], into, note);
        tell(
          `round ${round + 1}, ${policy}, ${day}: set-up ${show(into.setup)}; request ${show(into.request)} ms; ${into.failed} failed; ${into.byLiar} of ${into.setup.length} by the relay that lies; ${(into.relays / into.setup.length).toFixed(2)} relays on a path, ${into.kept} on a link that was up; ${busy()}, edges late by ${await fleet.lateMs()} ms (p99)`,
        );
      }
      if (out !== undefined) writeFileSync(out, JSON.stringify(Object.fromEntries(results)));
    }
    await mend(fleet);
  }
  return { ...FLEET, calmRequests: STREAMS.calm, requests: STREAMS.impaired };
}
