// A process is killed at random moments while it writes and compacts. The index must open every time, and nothing that
// was acknowledged may be missing. KILLS sets the number of rounds, KILL_SEED the series of moments.

import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openIndex } from '../../../index-service/index.ts';
import { decodeEnvelope } from '../../../protocol/envelope/index.ts';
import { makeAgent } from '../../support/agents.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';

const KILLS = Number(process.env.KILLS ?? 12);
const SEED = Number(process.env.KILL_SEED ?? 1);
const WRITER = fileURLToPath(new URL('kill-writer.ts', import.meta.url));

/** Runs a writer, kills it after `lines` acknowledgements and `delay` turns; returns the highest acknowledged sequences. */
async function killedWriter(dir: string, run: number, lines: number): Promise<Map<number, number>> {
  const child = spawn(process.execPath, [WRITER, dir, String(run)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged = new Map<number, number>();
  let seen = 0;
  let rest = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop()!;
    for (const part of parts) {
      const [agent, sequence] = part.split(' ').map(Number) as [number, number];
      if (part !== 'open') acknowledged.set(agent, sequence);
      if (++seen >= lines) child.kill('SIGKILL');
    }
  });
  await once(child, 'close');
  assert.ok(seen > 0, 'the writer could not open the index');
  return acknowledged;
}

describe('an index whose process is killed', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'zs-kill-'));
  });
  after(() => rm(dir, { recursive: true }));

  it(`opens every time with everything acknowledged, ${KILLS} times`, async function () {
    this.timeout(60_000 + KILLS * 20_000);
    const agents = Array.from({ length: 40 }, (_, i) => makeAgent(i + 1).agentId);
    const expected = new Map<number, number>();
    let state = SEED;
    for (let run = 1; run <= KILLS; run++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      // From the very start (1 line is the opening itself) to deep inside a later compaction.
      for (const [agent, sequence] of await killedWriter(dir, run, 1 + ((state >>> 8) % 700)))
        expected.set(agent, sequence);
      const index = await openIndex({ dir, embedder: wordEmbedder() });
      for (const [agent, sequence] of expected) {
        const stored = await index.get(agents[agent]!);
        assert.ok(stored !== null, `run ${run}: agent ${agent} is missing`);
        const card = JSON.parse(new TextDecoder().decode(decodeEnvelope(stored.envelope).payload));
        assert.ok(
          card.sequence >= sequence,
          `run ${run}: agent ${agent} is at ${card.sequence}, acknowledged was ${sequence}`,
        );
      }
      assert.equal(index.stats().recovery.quarantined, 0);
      await index.close();
    }
  });
});
