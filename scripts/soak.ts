// `npm run soak -- --minutes N`: 20 nodes under load with kills, partitions, wrong clocks, failing disks and rolling upgrades, and a verdict.
// Exit code 1 when a bound does not hold. --from COMMIT begins all but the first process on the code of another commit, so that two versions
// speak with each other until the last is upgraded.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figureLine, holds } from '../test/chaos/rig.ts';
import { RATE } from '../test/soak/load.ts';
import { soak } from '../test/soak/soak.ts';
import { commitOf, exportCommit } from './release/pack.ts';
import { readArguments } from './source/arguments.ts';
import { REPOSITORY_ROOT } from './source/tree.ts';

const { values } = readArguments(import.meta.filename, {
  options: {
    minutes: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '20' },
    processes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: String(RATE) },
    from: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const [minutes, nodes, hosts, seed, rate] = [
  values.minutes,
  values.nodes,
  values.processes,
  values.seed,
  values.rate,
].map(Number) as [number, number, number, number, number];
if (
  !(
    minutes > 0 &&
    nodes >= 4 &&
    hosts >= 2 &&
    hosts <= nodes &&
    Number.isInteger(seed) &&
    rate > 0 &&
    rate <= 1_000
  )
) {
  console.error(
    'usage: npm run soak -- --minutes N [--nodes N >= 4] [--processes N >= 2] [--seed N] [--rate N a second] [--from COMMIT] [--json]',
  );
  process.exitCode = 2;
} else {
  const ending = new AbortController();
  // The first signal ends it early, with a verdict; the second at once.
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => {
      note('ending early; again to end at once');
      ending.abort();
    });
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-soak-'));
  const started = performance.now();
  const note = (text: string): void =>
    console.error(`[${((performance.now() - started) / 1_000).toFixed(1).padStart(7)} s] ${text}`);
  try {
    let from: string | undefined;
    if (values.from !== undefined) {
      const commit = await commitOf(REPOSITORY_ROOT, values.from);
      await exportCommit(REPOSITORY_ROOT, commit, join(folder, 'from'));
      from = join(folder, 'from', 'test/fleet/host.ts');
      note(`all but the first process begin on ${commit.id}`);
    }
    const { figures, unjudged, memory } = await soak({
      minutes,
      nodes,
      hosts,
      seed,
      rate,
      note,
      signal: ending.signal,
      ...(from === undefined ? {} : { from }),
    });
    const ok = figures.every(holds);
    if (!ok) process.exitCode = 1;
    if (values.json)
      console.log(
        JSON.stringify({
          ok,
          minutes,
          nodes,
          hosts,
          seed,
          rate,
          from: values.from ?? null,
          figures,
          unjudged,
          memory,
        }),
      );
    else
      console.log(
        [
          `soak of ${minutes} min, ${nodes} nodes, seed ${seed}: ${ok ? 'passed' : 'FAILED'}`,
          ...figures.map(figureLine),
          ...(unjudged.length > 0 ? ['what this run can not tell:'] : []),
          ...unjudged.map(({ name, why }) => `  ${name}: ${why}`),
        ].join('\n'),
      );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
