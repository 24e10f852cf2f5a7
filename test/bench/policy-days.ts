// The two days of one policy over real processes, as virtual-days.ts has them over whole nodes under virtual time: the same fleet on the same stage, the
// same streams at the same times, the same faults.

import { setTimeout as delay } from 'node:timers/promises';
import { callsOf, DAYS, FAULTS, type StageCall } from '../../sim/stage/stage.ts';
import { cores } from './policy-callers.ts';
import { PolicyFleet } from './policy-fleet.ts';
import { PolicyStage } from './policy-stage.ts';
import { failureOf, type Samples, samples, show, take } from './policy-traffic.ts';
import type { VirtualDays, VirtualOrder } from './virtual-days.ts';

/** Makes relays as bad as the stage has it. */
export async function impair(fleet: PolicyFleet): Promise<void> {
  for (const { at, link } of [FAULTS.slow, FAULTS.lossy]) fleet.link(at, link);
  fleet.lies(FAULTS.liar.at, FAULTS.liar.lies);
  await fleet.kill(FAULTS.killed);
}

/** Runs both days; says how late timers of this process were at most (p99 of the worse day). Throws when the fleet does not come up. */
export async function realDays(
  order: VirtualOrder,
  note: (text: string) => void,
): Promise<{ readonly days: VirtualDays; readonly lateMs: number }> {
  const { folder, kind, seed, sizes } = order;
  const began = performance.now();
  const tell = (text: string) =>
    note(`${kind.label}, ${Math.round((performance.now() - began) / 1_000)} s: ${text}`);
  const stage = new PolicyStage(folder, sizes, seed, kind.policy);
  await using fleet = await PolicyFleet.start(folder, { ...sizes, seed, stage }, { oneWayMs: 0 }, tell);
  if (kind.races !== undefined) await fleet.use(kind);
  let worstMs = 0;
  const days: VirtualDays = { calm: samples(), impaired: samples() };
  for (const day of DAYS) {
    if (day === 'impaired') await impair(fleet);
    const busy = cores(fleet);
    await fleet.lateMs();
    await traffic(fleet, callsOf(sizes, seed, day), days[day], tell);
    const lateMs = await fleet.lateMs();
    worstMs = Math.max(worstMs, lateMs);
    tell(
      `${day}: set-up ${show(days[day].setup)}; request ${show(days[day].request)} ms; ${days[day].failed} failed of ${days[day].setup.length}; ${busy()}, edges late by ${lateMs} ms (p99)`,
    );
  }
  return { days, lateMs: worstMs };
}

/** Streams as they come, whatever became of those before. */
async function traffic(
  fleet: PolicyFleet,
  calls: readonly StageCall[],
  into: Samples,
  tell: (text: string) => void,
): Promise<void> {
  const { edges } = fleet;
  const liar = fleet.relayId(FAULTS.liar.at);
  const began = performance.now();
  const all: Promise<void>[] = [];
  for (const { atMs, from, isMeasured, to } of calls) {
    await delay(Math.max(0, began + atMs - performance.now()));
    all.push(
      edges[from]!.call(edges[to]!).then((outcome) => {
        if (!isMeasured) return;
        take(into, outcome, liar);
        const failure = failureOf(outcome, edges[from]!, edges[to]!);
        if (failure !== undefined) tell(failure);
      }),
    );
  }
  await Promise.all(all);
}
