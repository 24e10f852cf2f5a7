// `npm run chaos -- ROW…` makes faults and attacks happen to real nodes on this machine, and says whether they survive.
// `list` names the rows, `all` runs every one, --quick runs the small form, --json prints figures for machines. --minutes, --nodes and
// --seeds FIRST-LAST are for the rows that have a length, a number of nodes or seeds. --namespaces lets rows 5 and 6 cut a network of
// network namespaces, which needs root; without it they cut by the nodes' gates and by proxies. The output says which.

import { namespacesRefused } from '../test/chaos/namespaces.ts';
import { type ChaosOptions, figureLine, holds } from '../test/chaos/rig.ts';
import { ROWS } from '../test/chaos/rows.ts';
import { readArguments } from './source/arguments.ts';

const { values, positionals } = readArguments(import.meta.filename, {
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    namespaces: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    nodes: { type: 'string' },
    seeds: { type: 'string' },
  },
});
const [, firstSeed, lastSeed] = /^(\d+)-(\d+)$/.exec(values.seeds ?? '') ?? [];
const refused = values.namespaces ? namespacesRefused() : 'not asked for';
const options: ChaosOptions = {
  quick: values.quick,
  namespaces: refused === undefined,
  ...(values.minutes === undefined ? {} : { minutes: Number(values.minutes) }),
  ...(values.nodes === undefined ? {} : { nodes: Number(values.nodes) }),
  ...(lastSeed === undefined ? {} : { seeds: [Number(firstSeed), Number(lastSeed)] as const }),
};
const wanted = positionals.includes('all')
  ? ROWS
  : ROWS.filter(({ row }) => positionals.some((text) => Number(text) === row));

if (positionals.includes('list') || positionals.length === 0) {
  for (const { row, title, pass } of ROWS)
    console.log(`${String(row).padStart(3)}  ${title}\n     passes when: ${pass}`);
} else if (wanted.length === 0) {
  console.error(`no such row; there are ${ROWS.map(({ row }) => row).join(', ')}`);
  process.exitCode = 2;
} else {
  for (const { row, title, pass, inNamespaces, run } of wanted) {
    const started = performance.now();
    const figures = await run(options);
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    const ok = figures.every(holds);
    if (!ok) process.exitCode = 1;
    const by =
      inNamespaces !== true
        ? undefined
        : refused === undefined
          ? 'network namespaces'
          : `gates and proxies (namespaces: ${refused})`;
    if (values.json)
      console.log(JSON.stringify({ row, title, pass, ok, seconds, quick: values.quick, by, figures }));
    else
      console.log(
        [
          `row ${row}: ${title} — ${ok ? 'passed' : 'FAILED'} in ${seconds} s`,
          ...(by === undefined ? [] : [`  cut by ${by}`]),
          ...figures.map(figureLine),
        ].join('\n'),
      );
  }
}
