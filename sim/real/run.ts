// One run of tier T1: nodes join, writers publish and revoke, and what arrives where is noted. Imported once the globals are replaced.

import { Wire } from '../net/wire.ts';
import type { Scenario, TierResult, TraceLine } from '../scenario/index.ts';
import { Arrivals } from './arrivals.ts';
import { FIDELITY } from './fidelity.ts';
import { Fleet } from './fleet.ts';
import type { FromRun } from './messages.ts';
import { ReliableWire } from './wire.ts';
import { scheduleWork } from './work.ts';
import type { World } from './world.ts';

const SECOND_US = 1_000_000;
/** Trace lines that are told together, and of one run at most: some 100 bytes each. */
const LINES_AT_ONCE = 500;
const LINES_MAX = 2_000_000;

export interface RealRunOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly world: World;
  readonly tell: (message: FromRun) => void;
  readonly isTraced: boolean;
}

/** Runs it to its end. */
export async function runReal({
  scenario,
  seed,
  world,
  tell,
  isTraced,
}: RealRunOptions): Promise<TierResult> {
  const model = new Wire(scenario, seed);
  const { topology } = model;
  const wire = new ReliableWire(model);
  let lines: TraceLine[] = [];
  let told = 0;
  let origin = 0;
  const flush = (): void => {
    if (lines.length > 0) tell({ kind: 'trace', lines });
    lines = [];
  };
  const trace = (line: Omit<TraceLine, 'at'>): void => {
    if (!isTraced || origin === 0 || told++ >= LINES_MAX) return;
    lines.push({ at: world.loop.now - origin, ...line });
    if (lines.length >= LINES_AT_ONCE) flush();
  };
  let pieces = 0;
  let bytes = 0;
  const fleet = new Fleet({
    scenario,
    topology,
    world,
    wire,
    onPiece(from, to, size) {
      pieces += 1;
      bytes += size;
      trace({ kind: 'message', node: to, peer: from, what: `${size} bytes` });
    },
  });
  await fleet.start();
  // From here on the scenario's own time counts.
  origin = world.loop.now;
  const before = { pieces, bytes };
  wire.begin(origin);
  const arrivals = new Arrivals(fleet.nodes, world, trace);
  const work = scheduleWork({ scenario, seed, fleet, world, arrivals });
  const samples = [];
  const every = Math.max(scenario.measure.everySeconds, scenario.seconds / 1_000);
  for (let at = 0; at < scenario.seconds; at += every) {
    await world.run(origin + Math.min(scenario.seconds, at + every) * SECOND_US);
    const now = (world.loop.now - origin) / SECOND_US;
    samples.push({ at: now, metric: 'statements.coverage', value: arrivals.coverage('card') });
    tell({ kind: 'progress', virtualSeconds: now, events: world.loop.handled });
  }
  const checks = await work.judge();
  const result: TierResult = {
    tier: 'T1',
    fidelity: FIDELITY,
    events: world.loop.handled,
    virtualSeconds: (world.loop.now - origin) / SECOND_US,
    traceHash: world.loop.traceHash(),
    metrics: {
      ...arrivals.metrics('card', 'statements'),
      ...arrivals.metrics('revoked', 'revocations'),
      'network.messages': pieces - before.pieces,
      'network.bytes': bytes - before.bytes,
      'network.connections': fleet.network.opened,
    },
    samples,
    checks,
  };
  await fleet.stop();
  flush();
  return result;
}
