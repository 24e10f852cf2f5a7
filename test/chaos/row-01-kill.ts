// Row 1: kill -9 at random moments while the log is written. What was acknowledged is there at the next start, in its place.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { systemClock } from '../../node/clock/index.ts';
import { openStores } from '../../node/log/open-stores.ts';
import { createLogger } from '../../node/logger/index.ts';
import { randomStream } from '../../sim/random.ts';
import { chaosFolder } from './folder.ts';
import type { ChaosRow } from './rig.ts';

const WRITER = join(import.meta.dirname, 'log-writer.ts');
const START_SECONDS_MAX = 10;
/** The moment of death after the first byte of the process, in milliseconds: from opening the database to some hundred appends. */
const LIFE_MS_MAX = 400;

export const row01: ChaosRow = {
  row: 1,
  title: 'kill -9 at random moments under load',
  pass: 'nothing acknowledged is lost; start < 10 s',
  async run({ quick }) {
    const kills = quick ? 4 : 50;
    const random = randomStream(1, 'row-01');
    using folder = chaosFolder();
    const home = folder.path;
    const acknowledged = new Map<number, string>();
    let slowest = 0;
    let lost = 0;
    for (let life = 0; life < kills; life++) {
      const died = await liveAndDie(home, life, Math.floor(random.unit() * LIFE_MS_MAX));
      for (const [index, id] of died) {
        if (acknowledged.has(index)) lost += 1;
        acknowledged.set(index, id);
      }
      const started = performance.now();
      const { db, store } = await openStores({
        dir: join(home, 'db'),
        clock: systemClock,
        log: createLogger({ level: 'error', name: 'check' }),
      });
      slowest = Math.max(slowest, performance.now() - started);
      const [state] = store.states();
      const held = new Map<number, string>();
      if (state !== undefined)
        for await (const { index, statementId } of store.entries(state.origin, 0, state.size))
          held.set(index, statementId);
      for (const [index, id] of acknowledged) if (held.get(index) !== id) lost += 1;
      await db.end();
    }
    return [
      { name: 'kills', value: kills, unit: 'processes' },
      { name: 'statements acknowledged', value: acknowledged.size, unit: 'statements', min: 1 },
      { name: 'of them lost', value: lost, unit: 'statements', max: 0 },
      { name: 'slowest start of the store', value: slowest / 1000, unit: 's', max: START_SECONDS_MAX },
    ];
  },
};

/** Runs the writer until `lifeMs` after it is open, kills it, and answers what it had acknowledged. */
function liveAndDie(home: string, life: number, lifeMs: number): Promise<[number, string][]> {
  const child = spawn(process.execPath, [WRITER, home, String(life)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let notes = '';
  let timer: NodeJS.Timeout | undefined;
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      // Some die while they open: the first lives have little to open, so a few are killed at once.
      timer ??= setTimeout(() => child.kill('SIGKILL'), lifeMs);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      notes += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      if (code !== null)
        return reject(new Error(`the writer ended by itself with ${code}: ${notes.slice(-2000)}`));
      const whole = out.slice(0, out.lastIndexOf('\n'));
      const acks = whole.split('\n').flatMap((line): [number, string][] => {
        const [kind, index, id] = line.split(' ');
        return kind === 'ack' ? [[Number(index), id as string]] : [];
      });
      resolve(acks);
    });
  });
}
