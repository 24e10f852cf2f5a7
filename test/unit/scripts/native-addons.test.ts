// The check after an install, run in an empty package with stand-ins for the add-ons, the compiler and npm: it never fails,
// says what is missing, and compiles the graph library where that can be done.

import { deepEqual, equal, match } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TempTree, tempTree } from '../../support/temp-tree.ts';

const SCRIPT = fileURLToPath(new URL('../../../scripts/native-addons.mjs', import.meta.url));
const GRAPH = 'node_modules/hnswlib-node/index.js';
const DATABASE = { 'node_modules/classic-level/index.js': 'module.exports = {};' };

function run(tree: TempTree, env: Record<string, string> = {}): Promise<{ code: number; lines: string[] }> {
  mkdirSync(join(tree.root, 'scripts'), { recursive: true });
  copyFileSync(SCRIPT, join(tree.root, 'scripts/native-addons.mjs'));
  tree.write('package.json', JSON.stringify({ optionalDependencies: { 'hnswlib-node': '^3.0.0' } }));
  const options = { env: { PATH: join(tree.root, 'tools'), ...env } };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(tree.root, 'scripts/native-addons.mjs')],
      options,
      (error, stdout, stderr) => {
        equal(stdout, '');
        resolve({ code: error === null ? 0 : 1, lines: stderr.split('\n').filter((line) => line !== '') });
      },
    );
  });
}

describe('native add-ons after an install', () => {
  it('says nothing when they load', async () => {
    using tree = tempTree({ ...DATABASE, [GRAPH]: 'module.exports = {};' });
    deepEqual(await run(tree), { code: 0, lines: [] });
  });

  it('says that the index will scan when the graph library is missing and nothing can compile it', async () => {
    using tree = tempTree(DATABASE);
    const { code, lines } = await run(tree);
    equal(code, 0);
    equal(lines.length, 1);
    match(lines[0]!, /hnswlib-node is not available.*exact scans alone/);
  });

  it('says what to do when the database does not load', async () => {
    using tree = tempTree({
      'node_modules/classic-level/index.js': 'throw new Error("another ABI");',
      [GRAPH]: '',
    });
    const { code, lines } = await run(tree);
    equal(code, 0);
    match(lines.join('\n'), /^zerostate: classic-level.*npm rebuild classic-level/);
  });

  it('compiles the graph library with the headers at hand, once, and replaces a broken one', async () => {
    const npm = `
      const { mkdirSync, writeFileSync } = require('node:fs');
      const at = process.argv[process.argv.indexOf('--prefix') + 1];
      const made = process.argv.at(-1) === 'hnswlib-node@^3.0.0' && process.env.npm_config_nodedir.endsWith('headers');
      for (const name of made ? ['hnswlib-node', 'bindings', 'classic-level'] : []) {
        mkdirSync(at + '/node_modules/' + name, { recursive: true });
        writeFileSync(at + '/node_modules/' + name + '/index.js', 'module.exports = "new";');
      }`;
    const tool = '#!/bin/sh\nexit 0\n';
    using tree = tempTree({
      ...DATABASE,
      [GRAPH]: 'throw new Error("no binary");',
      'headers/include/node/node_api.h': '',
      'tools/make': tool,
      'tools/c++': tool,
      'npm.cjs': npm,
    });
    for (const name of ['make', 'c++']) chmodSync(join(tree.root, 'tools', name), 0o755);
    const env = { npm_execpath: join(tree.root, 'npm.cjs'), npm_config_nodedir: join(tree.root, 'headers') };
    const { code, lines } = await run(tree, env);
    equal(code, 0);
    match(lines.join('\n'), /^zerostate: hnswlib-node was compiled with the headers in .*headers\.$/);
    equal(existsSync(join(tree.root, 'node_modules/bindings/index.js')), true);
    deepEqual(await run(tree), { code: 0, lines: [] });
  });
});
