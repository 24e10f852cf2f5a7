// A served index as the vector engine of another: the suite of engines against a real `zerostate index serve`, a wrong token, a
// wrong embedder, and the server killed in between.

import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  defaultEmbedder,
  httpBackend,
  indexClient,
  openEngine,
  openIndex,
  readToken,
} from '../../../index-service/index.ts';
import { refused } from '../../support/agents.ts';
import { cardEntries } from '../../support/card-entries.ts';
import { eventually } from '../../support/cli.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';
import { backendSuite } from '../../unit/index-service/backend-suite.ts';

const PROGRAM = fileURLToPath(new URL('../../../bin/zerostate.ts', import.meta.url));

describe('a served index as vector engine', function () {
  this.timeout(300_000);
  const home = mkdtempSync(join(tmpdir(), 'zs-engine-'));
  const tokenFile = join(home, 'served', 'api-token');
  let child: ChildProcess;
  let url: string;

  async function serve(port: number): Promise<void> {
    child = spawn(
      process.execPath,
      [PROGRAM, 'index', 'serve', '--dir', join(home, 'served'), '--port', String(port), '--json'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let said = '';
    for await (const part of child.stdout!) {
      said += part;
      if (said.includes('}')) break;
    }
    ({ url } = JSON.parse(said) as { url: string });
  }
  async function kill(): Promise<void> {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  before(() => serve(0));
  after(async () => {
    await kill();
    rmSync(home, { recursive: true });
  });

  backendSuite(
    'http',
    async (embedder) => {
      const client = indexClient({ url, token: await readToken(tokenFile) });
      const backend = await httpBackend({ client, embedder });
      for await (const part of backend.list()) await backend.remove(part.map(({ id }) => id));
      return backend;
    },
    defaultEmbedder,
  );

  it('refuses a wrong token and a wrong embedder at opening', async () => {
    const wrong = join(home, 'wrong-token');
    writeFileSync(wrong, 'not-the-token', { mode: 0o600 });
    const open = (file: string) => {
      const embedder = wordEmbedder();
      const dir = join(home, 'refused');
      const engine = openEngine({ engine: 'http', url, tokenFile: file }, { dir, embedder })!;
      return openIndex({ dir, embedder, engine });
    };
    await assert.rejects(open(wrong), refused('UNAUTHORIZED'));
    await assert.rejects(open(tokenFile), refused('EMBEDDER_MISMATCH'));
  });

  it('goes on when the server was killed, and brings it up to date', async () => {
    const embedder = await defaultEmbedder();
    const dir = join(home, 'own');
    const engine = openEngine({ engine: 'http', url, tokenFile }, { dir, embedder })!;
    const index = await openIndex({ dir, embedder, engine });
    try {
      const [bell, rope] = cardEntries([
        { name: 'Bell Founder', description: 'Casts new bells.' },
        { name: 'Rope Maker', description: 'Makes ropes of hemp.' },
      ]);
      await index.upsert(bell!);
      await kill();
      await assert.rejects(index.query({ text: 'bells', k: 1 }), refused('INDEX_BACKEND_DOWN'));
      await index.upsert(rope!);
      await serve(Number(new URL(url).port));
      await eventually('the served index', 60_000, async () => {
        const { state, waiting } = index.stats().backend!;
        return state === 'up' && waiting === 0 ? true : undefined;
      });
      const { results, partial } = await index.query({ text: 'ropes of hemp', k: 1 });
      assert.deepEqual([results[0]!.name, partial], ['Rope Maker', undefined]);
    } finally {
      await index.close();
      await embedder.close?.();
    }
  });
});
