// After `npm install`: do the native add-ons load in the Node that will run them? Plain JavaScript, because it runs on the
// system's Node before anything else is known to work. It never fails an install; it says in one line what is missing.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MAJOR_NEEDED = 26;
/** Compiling hnswlib takes well under a minute; a hung download of headers must not hang the install. */
const REBUILD_MS_MAX = 180_000;
const PROBE_MS_MAX = 20_000;

const say = (text) => console.error(`zerostate: ${text}`);

/** The Node that our scripts run on: the npm package, or this one when it is new enough. Null when there is neither. */
function runtime() {
  try {
    const manifest = createRequire(join(ROOT, 'package.json')).resolve('node/package.json');
    const binary = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    if (existsSync(binary)) return binary;
  } catch {
    // Not installed: the Node that runs this may do.
  }
  return Number(process.versions.node.split('.')[0]) >= MAJOR_NEEDED ? process.execPath : null;
}

/** True when the add-on loads in that Node, from where our code would load it. */
function loads(node, name) {
  const code = `require('node:module').createRequire(${JSON.stringify(join(ROOT, 'package.json'))})(${JSON.stringify(name)})`;
  return spawnSync(node, ['-e', code], { stdio: 'ignore', timeout: PROBE_MS_MAX }).status === 0;
}

/** A folder that node-gyp takes for headers, so that it need not download any. The add-on uses N-API: any version will do. */
function headersFolder() {
  const candidates = [
    process.env.npm_config_nodedir,
    dirname(dirname(process.execPath)),
    '/usr',
    '/usr/local',
  ];
  return candidates.find((folder) => folder && existsSync(join(folder, 'include', 'node', 'node_api.h')));
}

function hasCompiler() {
  const works = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
  return (
    works('make') &&
    [process.env.CXX, 'c++', 'g++', 'clang++'].some((name) => name !== undefined && works(name))
  );
}

/** Installs and compiles one package in a folder of its own, then moves what is new to our node_modules. */
function rebuild(name, headers) {
  const npm = process.env.npm_execpath;
  if (npm === undefined || !existsSync(npm)) return;
  const range = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).optionalDependencies[name];
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-addon-'));
  try {
    const args = [
      npm,
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--no-audit',
      '--no-fund',
      `${name}@${range}`,
    ];
    const env = { ...process.env, npm_config_nodedir: headers, npm_config_global: 'false' };
    spawnSync(process.execPath, args, { cwd: folder, env, stdio: 'ignore', timeout: REBUILD_MS_MAX });
    const made = join(folder, 'node_modules');
    if (!existsSync(join(made, name))) return;
    for (const entry of readdirSync(made)) {
      const target = join(ROOT, 'node_modules', entry);
      if (entry.startsWith('.') || (entry !== name && existsSync(target))) continue;
      rmSync(target, { recursive: true, force: true });
      cpSync(join(made, entry), target, { recursive: true });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main() {
  const node = runtime();
  if (node === null) {
    say(
      `the package "node" has no binary: its install script did not run. Allow it, then run "npm rebuild node" (or use Node ${MAJOR_NEEDED}).`,
    );
    return;
  }
  if (!loads(node, 'classic-level')) {
    say(
      'classic-level (the database) does not load: run "npm rebuild classic-level", which needs a C++ compiler where no prebuilt file fits.',
    );
  }
  const graph = 'hnswlib-node';
  if (loads(node, graph)) return;
  const headers = headersFolder();
  if (headers !== undefined && hasCompiler()) rebuild(graph, headers);
  if (loads(node, graph)) say(`${graph} was compiled with the headers in ${headers}.`);
  else
    say(
      `${graph} is not available (no compiler, or no Node headers): the index will answer by exact scans alone.`,
    );
}

try {
  main();
} catch (error) {
  say(`the native add-ons could not be checked: ${error instanceof Error ? error.message : String(error)}`);
}
