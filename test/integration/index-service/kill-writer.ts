// A process that writes cards to an index as fast as it can and says which are acknowledged. It is killed by the test.
// Arguments: folder, number that makes this run's cards different from those of earlier runs.

import { openIndex } from '../../../index-service/index.ts';
import { makeAgent } from '../../support/agents.ts';
import { cardEntry } from '../../support/card-entries.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';

const [dir, run] = process.argv.slice(2) as [string, string];
const AGENTS = 40;

const index = await openIndex({ dir, embedder: wordEmbedder() });
const agents = Array.from({ length: AGENTS }, (_, i) => makeAgent(i + 1));
process.stdout.write('open\n');
for (let round = 1; ; round++) {
  const sequence = Number(run) * 1_000_000 + round;
  const entries = agents.map((agent) =>
    cardEntry(agent, { name: `Run ${run} round ${round}` }, { sequence, previous: null }),
  );
  await Promise.all(
    entries.map(async (entry, i) => {
      await index.upsert(entry);
      process.stdout.write(`${i} ${sequence}\n`);
    }),
  );
  if (round % 7 === 0) await index.compact();
}
