// Makes a scenario smaller while the same property still breaks with the same seed: fewer nodes, less time, fewer disturbances. What
// is left is what matters.

import type { Scenario } from '../scenario/index.ts';
import { completeScenario } from '../scenario/index.ts';
import { runJob } from './job.ts';

/** Runs that shrinking may take. */
const TRIES_MAX = 60;
const NODES_MIN = 4;

type Draft = { -readonly [K in keyof Scenario]: Scenario[K] };
interface Change {
  readonly applies: (draft: Draft) => boolean;
  readonly make: (draft: Draft) => void;
}

/** Leaves out a part of the workload. */
const without = (part: keyof Scenario['workload']): Change => ({
  applies: ({ workload }) => workload[part] !== undefined,
  make: ({ workload }) => {
    delete workload[part];
  },
});

/** Changes in the order in which they help. */
const CHANGES: readonly Change[] = [
  {
    applies: ({ topology }) => topology.nodes > NODES_MIN,
    make: ({ topology }) => {
      topology.nodes = Math.max(NODES_MIN, topology.nodes >> 1);
    },
  },
  {
    applies: ({ network, seconds }) => network.healSeconds === 0 && seconds > 1,
    make: (draft) => {
      draft.seconds /= 2;
    },
  },
  {
    applies: ({ network }) => network.churn.share > 0,
    make: ({ network }) => {
      network.churn.share = 0;
    },
  },
  {
    applies: ({ network }) => network.loss.good + network.loss.goodSeconds > 0,
    make: ({ network }) => {
      network.loss.good = 0;
      network.loss.goodSeconds = 0;
    },
  },
  {
    applies: ({ network }) => network.partitions.length > 0,
    make: ({ network }) => {
      network.partitions.pop();
    },
  },
  {
    applies: ({ network }) => network.latency.jitterSigma > 0,
    make: ({ network }) => {
      network.latency.jitterSigma = 0;
    },
  },
  {
    applies: ({ adversaries }) => adversaries.length > 0,
    make: ({ adversaries }) => {
      adversaries.pop();
    },
  },
  without('statements'),
  without('revocations'),
  without('forks'),
  without('reputation'),
  without('channels'),
  {
    applies: ({ workload }) => (workload.statements?.writers ?? 0) > 1,
    make: ({ workload }) => {
      workload.statements!.writers >>= 1;
    },
  },
  {
    applies: ({ workload }) => (workload.statements?.forSeconds ?? 0) > 1,
    make: ({ workload }) => {
      workload.statements!.forSeconds /= 2;
    },
  },
  {
    applies: ({ workload }) => (workload.forks?.count ?? 0) > 1,
    make: ({ workload }) => {
      workload.forks!.count = 1;
    },
  },
];

/** The smallest scenario found in which the property of that name breaks with this seed. */
export async function shrink(
  scenario: Scenario,
  seed: number,
  check: string,
  onTry?: (tries: number, nodes: number) => void,
): Promise<Scenario> {
  let smallest = scenario;
  let tries = 0;
  for (let again = true; again && tries < TRIES_MAX; ) {
    again = false;
    for (const change of CHANGES) {
      while (tries < TRIES_MAX) {
        const candidate = changed(smallest, change);
        if (candidate === null) break;
        tries += 1;
        onTry?.(tries, candidate.topology.nodes);
        if (!(await breaks(candidate, seed, check))) break;
        smallest = candidate;
        again = true;
      }
    }
  }
  return smallest;
}

function changed(scenario: Scenario, change: Change): Scenario | null {
  const draft = structuredClone(scenario) as Draft;
  if (!change.applies(draft)) return null;
  change.make(draft);
  try {
    return completeScenario(draft);
  } catch {
    // A change may contradict another value; then it is not taken.
    return null;
  }
}

async function breaks(scenario: Scenario, seed: number, check: string): Promise<boolean> {
  const { checks } = await runJob({ scenario, seed, traceFile: null });
  return checks.some(({ name, ok }) => name === check && !ok);
}
