// Row 1: kill -9 while the log is written: every other seed at a step of its writes, the steps one after another, the rest at a random
// moment. What was acknowledged is there at the next start, in its place.

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
/** Steps of the writes at which a process dies: three for each of the first batches. */
const STEPS = 60;
/** Shares no factor with STEPS, so that every step has its turn, and the first seeds die after something was acknowledged. */
const STEP_STRIDE = 7;
/** Lives on one database; then a fresh one, so that the checks do not take ever longer. */
const LIVES_PER_HOME = 20;
const SEEDS = [1, 50] as const;
const SEEDS_QUICK = [1, 4] as const;

export const row01: ChaosRow = {
  row: 1,
  title: 'kill -9 at every step of the writes, and at random moments',
  pass: 'nothing acknowledged is lost; start < 10 s',
  async run({ quick, seeds }) {
    const [first, last] = seeds ?? (quick ? SEEDS_QUICK : SEEDS);
    let statements = 0;
    let slowest = 0;
    let lost = 0;
    let atSteps = 0;
    for (let start = first; start <= last; start += LIVES_PER_HOME) {
      using folder = chaosFolder();
      const home = folder.path;
      const acknowledged = new Map<number, string>();
      for (let seed = start; seed <= last && seed < start + LIVES_PER_HOME; seed++) {
        const isStep = seed % 2 === 0;
        if (isStep) atSteps += 1;
        const died = await liveAndDie(home, seed, {
          lifeMs: randomStream(seed, 'row-01').unit() * LIFE_MS_MAX,
          ...(isStep ? { step: ((seed / 2) * STEP_STRIDE) % STEPS } : {}),
        });
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
      statements += acknowledged.size;
    }
    return [
      { name: 'kills', value: last - first + 1, unit: 'processes' },
      { name: 'of them at a step of a write', value: atSteps, unit: 'processes' },
      { name: 'statements acknowledged', value: statements, unit: 'statements', min: 1 },
      { name: 'of them lost', value: lost, unit: 'statements', max: 0 },
      { name: 'slowest start of the store', value: slowest / 1000, unit: 's', max: START_SECONDS_MAX },
    ];
  },
};

/** Runs the writer until it dies at a step, or is killed `lifeMs` after it is open; answers what it had acknowledged. */
function liveAndDie(
  home: string,
  life: number,
  { lifeMs, step }: { lifeMs: number; step?: number },
): Promise<[number, string][]> {
  const args = [WRITER, home, String(life), ...(step === undefined ? [] : [String(step)])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let notes = '';
  let timer: NodeJS.Timeout | undefined;
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      // Some die while they open: the first lives have little to open, so a few are killed at once.
      if (step === undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), lifeMs);
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
