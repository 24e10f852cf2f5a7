// `npm run stopwatch`: what a newcomer waits for, by the clock. A fresh clone, the README's own commands in it, a verified receipt at the end;
// then a node of one's own whose card another node finds. It fails when that takes longer than promised.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { readArguments } from './source/arguments.ts';
import { REPOSITORY_ROOT } from './source/tree.ts';

/** From clone to a verified receipt, in machine time. */
const RECEIPT_MS_MAX = 180_000;
/** From an empty folder to a card that another node finds. */
const CARD_MS_MAX = 60_000;
const STOP_MS_MAX = 20_000;

const { values } = readArguments(import.meta.filename, {
  options: { json: { type: 'boolean' }, keep: { type: 'boolean' } },
});
const folder = mkdtempSync(join(tmpdir(), 'zerostate-stopwatch-'));
const clone = join(folder, 'zerostate');
const { ZEROSTATE_HOME: _, ...env } = process.env;
const laps: { readonly what: string; readonly ms: number }[] = [];

function run(file: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, [...args], { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${file} ${args.join(' ')}: ${error.code}\n${stderr.slice(-2_000)}`));
    });
  });
}

/** Runs lines as a reader types them; what they leave in the background has its output elsewhere, and nobody waits for it. */
const shell = (script: string, cwd = clone) =>
  run('bash', ['-e', '-o', 'pipefail', '-c', script.replaceAll(/ &$/gm, ' > background.log 2>&1 &')], cwd);

async function lap<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  const ms = performance.now() - started;
  laps.push({ what, ms });
  if (values.json !== true) console.log(`${(ms / 1000).toFixed(1).padStart(7)} s  ${what}`);
  return result;
}

/** The commands of a section of the README. */
function commandsUnder(heading: string): string[] {
  const text = readFileSync(join(clone, 'README.md'), 'utf8');
  const section = text.slice(text.indexOf(`\n## ${heading}\n`));
  return (/^```sh\n([\s\S]*?)^```$/m.exec(section)?.[1] ?? '').trim().split('\n');
}

/** A network with ports that nobody has: the README's `npm start`, which a machine can run once, takes fixed ones. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return Math.min(port, 60_000);
}

async function startNetwork(): Promise<ChildProcess> {
  const started = spawn('npm', ['start', '--', '--base-port', String(await freePort())], {
    cwd: clone,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    const hear = (text: string) => {
      said = (said + text).slice(-8_000);
      if (/#token=/.test(said)) resolve();
    };
    started.stdout.setEncoding('utf8').on('data', hear);
    started.stderr.setEncoding('utf8').on('data', hear);
    started.once('exit', (code) => reject(new Error(`npm start ended with ${code}:\n${said}`)));
  });
  return started;
}

async function stopNetwork({ exitCode, pid }: ChildProcess): Promise<void> {
  if (pid === undefined || exitCode !== null) return;
  process.kill(-pid, 'SIGINT');
  const until = performance.now() + STOP_MS_MAX;
  while (performance.now() < until) {
    try {
      process.kill(-pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  process.kill(-pid, 'SIGKILL');
}

let network: ChildProcess | undefined;
try {
  await lap('git clone', () => run('git', ['clone', '-q', REPOSITORY_ROOT, clone], folder));
  await lap('npm ci', () => run('npm', ['ci', '--no-audit', '--no-fund'], clone));
  network = await lap('npm start, until five nodes are up', startNetwork);
  const minute = commandsUnder('One minute');
  const line = (word: string) => minute.find((one) => one.includes(word)) ?? '';
  await lap('find', () => shell(line('zerostate find')));
  await lap('a task, run on a member', () => shell(line('task run')));
  const verified = await lap('its receipt, verified', () => shell(line('receipt verify')));
  if (!/verified/.test(verified)) throw new Error(`the receipt does not verify:\n${verified}`);
  const receiptMs = laps.reduce((sum, { ms }) => sum + ms, 0);

  const own = commandsUnder('A node of your own');
  const find = own.at(-1) as string;
  const before = laps.length;
  await lap('a node of one’s own, its card found by another node', () =>
    shell(`${own.join('\n')}\nuntil ${find} | grep "Map reader"; do sleep 0.2; done`),
  );
  // Between it and the shell stands npx, which hands no signal on.
  await shell('kill "$(npx zerostate status --home my-node --get pid)"');
  const cardMs = laps.slice(before).reduce((sum, { ms }) => sum + ms, 0);
  const ok = receiptMs <= RECEIPT_MS_MAX && cardMs <= CARD_MS_MAX;
  const seconds = (ms: number) => Number((ms / 1000).toFixed(1));
  const result = {
    ok,
    cores: cpus().length,
    cloneToReceiptSeconds: seconds(receiptMs),
    folderToFoundCardSeconds: seconds(cardMs),
    laps: laps.map(({ ms, what }) => ({ what, seconds: seconds(ms) })),
  };
  if (values.json === true) console.log(JSON.stringify(result));
  else {
    console.log(
      `\nfrom a clone to a verified receipt: ${result.cloneToReceiptSeconds} s (at most ${RECEIPT_MS_MAX / 1000})`,
    );
    console.log(
      `from an empty folder to a card that another node finds: ${result.folderToFoundCardSeconds} s (at most ${CARD_MS_MAX / 1000})`,
    );
  }
  if (!ok) process.exitCode = 1;
} finally {
  if (network !== undefined) await stopNetwork(network);
  if (values.keep !== true) rmSync(folder, { recursive: true, force: true });
}
