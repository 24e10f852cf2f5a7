// The model of the gossip mesh: links and announcements as the node's library has them.

import { equal, ok } from 'node:assert/strict';
import { coresTier } from '../../../sim/cores/tier.ts';
import { completeScenario, type TraceLine } from '../../../sim/scenario/index.ts';

const NODES = 40;
const scenarioOf = (degree: number, meshDegree: number, maxMs = 100) =>
  completeScenario({
    seconds: 8,
    topology: { nodes: NODES, degree },
    network: { latency: { minMs: 10, maxMs, jitterSigma: 0 } },
    protocol: { antiEntropySeconds: 0, meshDegree },
    workload: { statements: { writers: 2, perSecond: 2, fromSeconds: 1, forSeconds: 3 } },
  });

async function meshesOf(meshDegree: number): Promise<number[][]> {
  const session = await coresTier({}).open!(scenarioOf(8, meshDegree), 1);
  await session.advance(0.5);
  const meshes: number[][] = [];
  for (let node = 0; node < NODES; node++) meshes.push((await session.inspect(node)).mesh as number[]);
  return meshes;
}

const meanOf = (meshes: readonly number[][]): number => meshes.flat().length / meshes.length;

/** Nodes that can be reached from one over links of meshes. */
function reachedFrom(start: number, meshes: readonly number[][]): Set<number> {
  const reached = new Set([start]);
  for (const node of reached) for (const other of meshes[node]!) reached.add(other);
  return reached;
}

/** How many neighbours were told with each heartbeat in which something was told. */
async function toldOf(degree: number): Promise<number[]> {
  const told = new Map<string, number>();
  const trace = ({ at, kind, peer }: TraceLine): void => {
    if (kind === 'ihave') told.set(`${peer} ${at}`, (told.get(`${peer} ${at}`) ?? 0) + 1);
  };
  const { metrics } = await coresTier({}).run(scenarioOf(degree, 2, 10), 1, { trace });
  equal(metrics['statements.coverage'], 1);
  return [...told.values()];
}

describe('the mesh of the cores tier', () => {
  it('grafts when nodes meet, while they have too few: what is asked for at degree 2 is one link, at 6 five', async () => {
    const sparse = await meshesOf(2);
    ok(sparse.every(({ length }) => length >= 1 && length <= 3));
    ok(meanOf(sparse) < 1.8, `${meanOf(sparse)}`);
    const usual = await meshesOf(6);
    ok(meanOf(usual) > 5.5 && meanOf(usual) < 7, `${meanOf(usual)}`);
  });

  it('announces to three others with a heartbeat, and to a tenth of them where that is more', async () => {
    equal(Math.max(...(await toldOf(8))), 3);
    // Every other node is a neighbour: a tenth of those outside of the mesh.
    equal(Math.max(...(await toldOf(NODES - 1))), Math.floor((NODES - 2) / 10));
  });

  it('brings by announcements what a mesh in pieces does not', async () => {
    ok(reachedFrom(0, await meshesOf(2)).size < NODES);
    const { metrics } = await coresTier({}).run(scenarioOf(8, 2), 1);
    equal(metrics['statements.coverage'], 1);
  });
});
