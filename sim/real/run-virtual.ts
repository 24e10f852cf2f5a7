// One run of tier T1: real nodes on the simulated wire. Imported once the globals are replaced.

import { plaintext } from '@libp2p/plaintext';
import { Wire } from '../net/wire.ts';
import type { Scenario, TierResult } from '../scenario/index.ts';
import { VIRTUAL_FIDELITY } from './fidelity.ts';
import type { FromRun } from './messages.ts';
import { RealRun, Tracer } from './run.ts';
import { addressOfHost, SimulatedNetwork } from './transport.ts';
import { ReliableWire } from './wire.ts';
import type { World } from './world.ts';

export interface VirtualRunOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly world: World;
  readonly tell: (message: FromRun) => void;
  readonly isTraced: boolean;
}

/** A run that is driven from outside. */
export interface VirtualRun {
  readonly run: RealRun;
  /** The result as of now. */
  result(): TierResult;
}

/** Begins one: its nodes stand when this answers. */
export async function beginVirtual(options: VirtualRunOptions): Promise<VirtualRun> {
  const { isTraced, scenario, seed, tell, world } = options;
  const model = new Wire(scenario, seed);
  const wire = new ReliableWire(model);
  const tracer = isTraced ? new Tracer(world, tell) : undefined;
  let pieces = 0;
  let bytes = 0;
  const network = new SimulatedNetwork(world, wire, (from, to, size) => {
    pieces += 1;
    bytes += size;
    tracer?.add({ kind: 'message', node: to, peer: from, what: `${size} bytes` });
  });
  const run = await RealRun.start(
    {
      scenario,
      seed,
      topology: model.topology,
      time: world,
      site: {
        listen: addressOfHost,
        carrier: (n) => ({ transports: [network.transport(n)], encrypters: [plaintext()] }),
      },
      onBegin(at) {
        wire.begin(at);
        pieces = 0;
        bytes = 0;
      },
      events: () => world.loop.handled,
      carried: () => ({ pieces, bytes }),
      tell,
    },
    tracer,
  );
  return {
    run,
    result() {
      const { checks, metrics, samples, seconds } = run.outcome();
      return {
        tier: 'T1',
        fidelity: VIRTUAL_FIDELITY,
        events: world.loop.handled,
        virtualSeconds: seconds,
        traceHash: world.loop.traceHash(),
        metrics,
        samples,
        checks,
      };
    },
  };
}
