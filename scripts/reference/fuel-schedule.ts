// docs/reference/fuel-schedule.md, from the weight table that the meter uses.

import { SCHEDULE_ID } from '../../wasm-runner/index.ts';
import { ENTRY_WEIGHT, LENGTH_WEIGHTS, scheduleRows } from '../../wasm-runner/meter/schedule.ts';
import { table } from './markdown.ts';

const LENGTHS: Readonly<Record<keyof typeof LENGTH_WEIGHTS, (value: number) => string>> = {
  bulkMemoryShift: (value) =>
    `\`memory.copy\`, \`memory.fill\`, \`memory.init\`: 1 for each ${2 ** value} bytes, before the work`,
  bulkTableShift: (value) =>
    `\`table.copy\`, \`table.fill\`, \`table.init\`, \`table.grow\`: ${2 ** value} for each element`,
  growPage: (value) => `\`memory.grow\`: ${value} for each page that is granted`,
  initialPage: (value) => `instantiation: ${value} for each page of initial memory`,
  initialElement: (value) => `instantiation: ${value} for each element of initial tables`,
  segmentShift: (value) => `instantiation: 1 for each ${2 ** value} bytes of the data and element sections`,
  hostCall: (value) => `a WASI call: ${value}`,
  hostByteShift: (value) => `a WASI call that copies: 1 for each ${2 ** value} bytes (random bytes: 1 each)`,
  hostItem: (value) =>
    `a WASI call: ${value} for each path component, directory entry, argument or subscription that it visits`,
};

function weightTable(): string {
  const byWeight = new Map<number, string[]>();
  for (const { name, weight } of scheduleRows())
    byWeight.set(weight, [...(byWeight.get(weight) ?? []), `\`${name}\``]);
  const weights = [...byWeight.keys()].sort((a, b) => a - b);
  return table(
    ['weight', 'instructions'],
    weights.map((weight) => [String(weight), byWeight.get(weight)!.join(' ')]),
  );
}

/** The whole document. */
export function fuelScheduleDocument(): string {
  const lengths = Object.entries(LENGTH_WEIGHTS).map(
    ([name, value]) => `- ${LENGTHS[name as keyof typeof LENGTH_WEIGHTS](value)}`,
  );
  return `# Fuel schedule

Generated from \`wasm-runner/meter/schedule.ts\` by \`npm run docs:reference\`; do not edit. Id: \`${SCHEDULE_ID}\`, the name of the table and the
first 16 hexadecimal digits of the SHA-256 of its text form (\`scheduleText()\`). A receipt names it: fuel can be compared only between results with
the same id. A changed weight is a new table with a new name.

Fuel counts work, not time: on one machine the same fuel takes a thousand times longer for a chain of cache misses than for a linear
fill. It is the same everywhere; the wall clock bounds the rest.

## When fuel is charged

1. A function is cut into parts. A part is a set of instructions that runs exactly when its first one does: straight code, and what
   follows a block, loop or if from which no branch leaves for further out. Its weights are charged together when it is entered.
2. A loop's body is charged at each turn, entering a function costs ${ENTRY_WEIGHT} on top of the call.
3. Function entries that can recurse, loop heads, bulk instructions and WASI calls check that fuel is left; a run that ends with less than
   none was out of fuel, wherever that showed. \`OUT_OF_FUEL\` reports the whole limit.
4. A part is paid for in advance: \`proc_exit\` and traps in its middle do not give the rest back. A trap loses what was charged since the last
   loop head, call or function entry of the function it is in.
5. Work of the runner itself (canonical NaNs, the counter, stack accounting) is free.

## Lengths and host calls

${lengths.join('\n')}

## Instructions

${weightTable()}
`;
}
