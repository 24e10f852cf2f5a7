// The published package, laid out as npm would install it: what is in it starts, and its doors open. No network, no npm
// install: the dependencies are linked to the ones that are here.

import { equal, match, ok } from 'node:assert/strict';
import { type ExecFileException, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = dirname(dirname(import.meta.dirname));
const BUILD_MS_MAX = 120_000;
/** For a start and an end of a node. */
const UP_MS_MAX = 60_000;
const END_MS_MAX = 20_000;

function run(
  file: string,
  args: readonly string[],
  cwd: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const done = (error: ExecFileException | null, stdout: string, stderr: string): void =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    execFile(file, [...args], { cwd, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 }, done);
  });
}

describe('the published package', () => {
  let folder = '';
  let installed = '';

  before(async function () {
    this.timeout(BUILD_MS_MAX);
    const build = await run(process.execPath, ['scripts/build.ts'], ROOT);
    equal(build.code, 0, build.stdout + build.stderr);
    const listing = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], ROOT);
    equal(listing.code, 0, listing.stderr);
    const packed = JSON.parse(listing.stdout) as unknown;
    // One object in a list, or keyed by package name, depending on npm's version.
    const [{ files }] = Object.values(packed as Record<string, { files: { path: string }[] }>) as [
      { files: { path: string }[] },
    ];
    folder = mkdtempSync(join(tmpdir(), 'zerostate-published-'));
    const modules = join(folder, 'node_modules');
    installed = join(modules, 'zerostate');
    for (const { path } of files) cpSync(join(ROOT, path), join(installed, path));
    for (const entry of readdirSync(join(ROOT, 'node_modules'))) {
      if (!entry.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', entry), join(modules, entry));
    }
    mkdirSync(join(folder, 'empty'));
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  it('holds the built form, the console and the licence, and no source or tests', () => {
    for (const path of [
      'dist/bin/zerostate.js',
      'dist/node/console/static/index.html',
      'LICENSE',
      'README.md',
    ]) {
      ok(existsSync(join(installed, path)), path);
    }
    for (const path of ['protocol', 'test', 'bin/zerostate.ts'])
      equal(existsSync(join(installed, path)), false, path);
  });

  it('starts, knows its version, and runs a command to its end', async () => {
    const launcher = join(installed, 'bin', 'zerostate.js');
    const version = await run(process.execPath, [launcher, '--version'], folder);
    equal(version.code, 0, version.stderr);
    match(version.stdout, /^\d+\.\d+\.\d+\n$/);
    const flags = ['--nodes', '20', '--seeds', '2', '--out', join(folder, 'runs'), '--json'];
    const simulated = await run(process.execPath, [launcher, 'sim', 'run', ...flags], folder);
    equal(simulated.code, 0, simulated.stderr);
    equal((JSON.parse(simulated.stdout) as { runs: unknown[] }).runs.length, 2);
    const wrong = await run(process.execPath, [launcher, 'no-such-command'], folder);
    equal(wrong.code, 2);
  });

  it('ends in order when its launcher is killed', async function () {
    this.timeout(UP_MS_MAX);
    // As on a system whose own Node is too old.
    const launcher = join(installed, 'bin', 'old-node.js');
    const text = readFileSync(join(installed, 'bin', 'zerostate.js'), 'utf8');
    writeFileSync(launcher, text.replace('MAJOR_NEEDED = 26', 'MAJOR_NEEDED = 999'));
    const flags = ['--home', join(folder, 'home'), '--api-port', '0', '--listen', '/ip4/127.0.0.1/tcp/0'];
    const child = spawn(process.execPath, [launcher, 'up', ...flags, '--json', '--log-level', 'info'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: AbortSignal.timeout(UP_MS_MAX),
      killSignal: 'SIGKILL',
    });
    child.on('error', () => undefined);
    const said: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (line: string) => said.push(line));
    // Both pipes end when the last process that holds them does.
    const over = Promise.all([once(child, 'close'), once(child.stderr, 'end')]);
    await once(child.stdout, 'data');
    const { pid } = JSON.parse(readFileSync(join(folder, 'home', 'run.json'), 'utf8')) as { pid: number };
    equal(child.kill('SIGKILL'), true);
    const late = setTimeout(() => process.kill(pid, 'SIGKILL'), END_MS_MAX);
    await over;
    clearTimeout(late);
    match(said.join(''), /node has stopped/);
  });

  it('opens the doors that package.json names, and no others', async () => {
    const script = join(folder, 'doors.mjs');
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: object };
    const doors = Object.keys(exports)
      .filter((door) => door !== './package.json')
      .map((door) => `zerostate${door.slice(1)}`);
    ok(doors.includes('zerostate/client'));
    writeFileSync(
      script,
      `for (const door of ${JSON.stringify(doors)}) if (Object.keys(await import(door)).length === 0) throw new Error(door);
      const inner = await import('zerostate/dist/node/index.js').then(() => 'open', (error) => error.code);
      console.log(inner);`,
    );
    const { code, stdout, stderr } = await run(process.execPath, [script], folder);
    equal(code, 0, stderr);
    equal(stdout, 'ERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });
});
