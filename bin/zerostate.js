#!/usr/bin/env node
// Launcher for any Node from 20 on. libp2p needs a newer Node than many systems have, so the npm package "node" is a
// dependency and the program runs through it. Plain JavaScript, no imports of ours: it must start everywhere.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const MAJOR_NEEDED = 26;
/** How often (milliseconds) it is looked whether npm is still there: who killed it waits no longer than for the end itself. */
const LOOK_MS = 500;
/** What npm runs for "npx zerostate" and for "npm start". A script that puts it into the background reads otherwise. */
const RUN_BY_NPM = /^(?:'?zerostate'?|node bin\/zerostate\.js [^&;|]*)$/;

// Node does not strip types below node_modules: an installed package runs its built form.
const built = new URL('../dist/bin/zerostate.js', import.meta.url);
const source = new URL('./zerostate.ts', import.meta.url);
const program = !existsSync(source) || import.meta.url.includes('/node_modules/') ? built : source;

if (Number(process.versions.node.split('.')[0]) >= MAJOR_NEEDED) {
  whenNpmGoes(() => process.kill(process.pid, 'SIGTERM'));
  await import(program.href);
} else {
  runWith(findNode());
}

function findNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    const binary = fileURLToPath(
      new URL(process.platform === 'win32' ? 'bin/node.exe' : 'bin/node', `file://${manifest}`),
    );
    if (existsSync(binary)) return binary;
  } catch {
    // answered below
  }
  process.stderr.write(
    `zerostate: this is Node ${process.versions.node}; zerostate needs Node ${MAJOR_NEEDED}, which normally comes with "npm ci" as the package "node".\n` +
      'Its install script did not run: allow it (npm install-scripts approve node; npm rebuild node), or use a newer Node. [RUNTIME_MISSING]\n',
  );
  process.exit(1);
}

function runWith(node) {
  // The open channel says nothing but that this process lives: where it is killed, the program ends in order and is not left behind.
  const child = spawn(node, [fileURLToPath(program), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ZEROSTATE_LAUNCHED: '1' },
  });
  // A terminal's Ctrl-C reaches the child by itself; a signal that is sent to this process alone is passed on.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  whenNpmGoes(() => child.kill('SIGTERM'));
  child.on('error', (error) => {
    process.stderr.write(`zerostate: cannot start ${node}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}

// npm puts a shell between itself and this process, and a signal to npm ends that shell alone. Who ends npm means the program.
function whenNpmGoes(end) {
  if (!RUN_BY_NPM.test(process.env.npm_lifecycle_script ?? '')) return;
  const above = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === above) return;
    clearInterval(look);
    end();
  }, LOOK_MS);
  look.unref();
}
