// Plants each kind of forbidden arrow in a temporary tree and sees it found; and plants its lawful twin and sees it pass.

import { deepEqual, equal, match } from 'node:assert/strict';
import { findBrokenArrows } from '../../../scripts/arrows/arrows.ts';
import { readTree } from '../../../scripts/source/tree.ts';
import { tempTree } from '../../support/temp-tree.ts';

const HOUSE: Readonly<Record<string, string>> = {
  'protocol/verified.ts': 'export {};',
  'protocol/card/index.ts': "export * from './card.ts';",
  'protocol/card/card.ts': 'export {};',
  'protocol/crypto/index.ts': "import '#crypto';",
  'protocol/crypto/native.ts': "import 'node:crypto';",
  'index-service/index.ts': "import '../protocol/card/index.ts';",
  'index-service/cli/index.ts': 'export {};',
  'index-service/store.ts': 'export {};',
  'wasm-runner/index.ts': "import type { X } from '../protocol/verified.ts';",
  'wasm-runner/worker.ts': 'export {};',
  'node/index.ts': "import '../wasm-runner/index.ts';\nimport '../index-service/index.ts';",
  'node/cards/index.ts': "export * from './service.ts';",
  'node/cards/service.ts': 'export {};',
  'relay/index.ts': "import '../node/cards/index.ts';",
  'bootstrap/index.ts': "import '../node/index.ts';",
  'sim/index.ts': "import '../node/index.ts';\nimport '../protocol/card/index.ts';",
  'bin/zerostate.ts': "import '../index-service/cli/index.ts';\nimport '../sim/index.ts';",
  'test/unit/x.test.ts': "import '../../node/cards/service.ts';",
};

function findings(planted: Readonly<Record<string, string>>): string[] {
  using tree = tempTree({ ...HOUSE, ...planted });
  return findBrokenArrows(readTree(tree.root)).map(({ path, line, message }) => `${path}:${line} ${message}`);
}

describe('arrows between rooms', () => {
  it('the lawful house passes', () => {
    deepEqual(findings({}), []);
  });

  const forbidden: readonly [name: string, path: string, text: string, expected: RegExp][] = [
    [
      'static import',
      'protocol/x.ts',
      "import { a } from '../node/index.ts';",
      /protocol must not import node/,
    ],
    [
      'type import',
      'protocol/x.ts',
      "import type { a } from '../node/index.ts';",
      /protocol must not import node/,
    ],
    [
      'bare static import',
      'index-service/x.ts',
      "import '../node/index.ts';",
      /index-service must not import node/,
    ],
    [
      'export from',
      'wasm-runner/x.ts',
      "export { a } from '../node/index.ts';",
      /wasm-runner must not import node/,
    ],
    [
      'export star',
      'wasm-runner/x.ts',
      "export * from '../index-service/index.ts';",
      /wasm-runner must not import index-service/,
    ],
    ['export star as', 'node/x.ts', "export * as sim from '../sim/index.ts';", /node must not import sim/],
    ['export type', 'node/x.ts', "export type { A } from '../relay/index.ts';", /node must not import relay/],
    [
      'dynamic import',
      'relay/x.ts',
      "await import('../bootstrap/index.ts');",
      /relay must not import bootstrap/,
    ],
    [
      'import type expression',
      'node/x.ts',
      "let a: import('../sim/index.ts').A;",
      /node must not import sim/,
    ],
    [
      'import.meta.resolve',
      'bootstrap/x.ts',
      "import.meta.resolve('../sim/index.ts');",
      /bootstrap must not import sim/,
    ],
    [
      'new URL',
      'relay/x.ts',
      "new URL('../wasm-runner/index.ts', import.meta.url);",
      /relay must not import wasm-runner/,
    ],
    [
      'joined path',
      'node/x.ts',
      "join(import.meta.dirname, '..', 'sim', 'index.ts');",
      /node must not import sim/,
    ],
    ['require', 'sim/x.ts', "require('../relay/index.ts');", /sim must not import relay/],
    ['arrow up to bin', 'node/x.ts', "import '../bin/zerostate.ts';", /nothing runs back up/],
    ['arrow into the tests', 'node/x.ts', "import '../test/unit/x.test.ts';", /nothing runs back up/],
    [
      'in a template',
      'protocol/x.ts',
      'const a = `${await import("../node/index.ts")}`;',
      /protocol must not import node/,
    ],
    ['computed import', 'node/x.ts', 'await import(name);', /computed name/],
    ['computed template', 'node/x.ts', 'await import(`./${name}.ts`);', /computed name/],
    [
      'past a room door',
      'node/x.ts',
      "import '../index-service/store.ts';",
      /past the public door of index-service/,
    ],
    [
      'past a folder door',
      'relay/x.ts',
      "import '../node/cards/service.ts';",
      /past the public door of node/,
    ],
    [
      'past a door from bin',
      'bin/x.ts',
      "import '../wasm-runner/worker.ts';",
      /past the public door of wasm-runner/,
    ],
    [
      'past a door by URL',
      'node/x.ts',
      "new URL('../wasm-runner/worker.ts', import.meta.url);",
      /past the public door/,
    ],
    ['from a folder that is no room', 'tools/x.ts', "import '../node/index.ts';", /tools is no room/],
    ['outside the repository', 'node/x.ts', "import '../../elsewhere.ts';", /outside the repository/],
    ['absolute import', 'node/x.ts', "import '/srv/x.ts';", /absolute import/],
    ['missing file', 'node/x.ts', "import './nowhere.ts';", /does not exist/],
    ['console to the node', 'node/console/static/x.js', "import '../../cards/index.ts';", /HTTP API only/],
    [
      'node: in protocol',
      'protocol/x.ts',
      "import { readFileSync } from 'node:fs';",
      /only protocol\/crypto\/native.ts/,
    ],
    ['builtin without node:', 'protocol/x.ts', "import 'fs';", /only protocol\/crypto\/native.ts/],
    ['impure package', 'protocol/x.ts', "import 'level';", /not in the list of pure packages/],
    ['#crypto outside crypto/', 'protocol/x.ts', "import '#crypto';", /use protocol\/crypto\/index.ts/],
  ];
  for (const [name, path, text, expected] of forbidden) {
    it(`finds: ${name}`, () => {
      const found = findings({ [path]: `// x\n${text}\n` });
      equal(found.length, 1, found.join('\n'));
      match(found[0]!, new RegExp(`^${path}:2 `));
      match(found[0]!, expected);
    });
  }

  it('is not misled by comments, strings and regular expressions', () => {
    const text = [
      "// import '../node/index.ts';",
      "/* await import('../node/index.ts') */",
      'const a = "import \'../node/index.ts\'";',
      "const b = a! / 2 + x['import'] / 3; const c = /import '..\\/node\\/index.ts'/u;",
      'export const d = `${a} from ${b}`;',
    ];
    deepEqual(findings({ 'protocol/x.ts': text.join('\n') }), []);
  });
});

describe('purity of protocol/', () => {
  const impure: readonly [string, RegExp][] = [
    ['Date.now()', /wall clock/],
    ['new Date()', /wall clock/],
    ['new Date', /wall clock/],
    ['Date()', /wall clock/],
    ['Math.random()', /randomness/],
    ['performance.now()', /performance/],
    ['fetch("https://example.org")', /fetch/],
    ['crypto.getRandomValues(a)', /randomness/],
    ['crypto.randomUUID()', /randomness/],
    ['randomBytes(32)', /randomness/],
    ['setTimeout(f, 1)', /setTimeout/],
    ['setInterval(f, 1)', /setInterval/],
    ['setImmediate(f)', /setImmediate/],
    ['[process.env]', /process/],
    ['Buffer.alloc(1)', /Buffer/],
    ['console.log(1)', /console/],
    ['globalThis["fetch"]', /globalThis/],
    ['a.localeCompare(b)', /locale/],
  ];
  for (const [text, expected] of impure) {
    it(`finds: ${text}`, () => {
      const found = findings({ 'protocol/x.ts': `const value = ${text};\n` });
      equal(found.length, 1, found.join('\n'));
      match(found[0]!, expected);
    });
  }

  it('lets arguments and members of the same names pass', () => {
    const text = [
      'interface Port { fetch(id: string): void; setTimeout?: number; performance: string }',
      'const a = port.fetch("x") ?? { performance: 1 };',
      'function f(navigator: { language: string }): string { return navigator.language; }',
      'const b = new Date(now).toISOString() + Date.parse("2026-01-01") + random();',
    ];
    deepEqual(findings({ 'protocol/x.ts': text.join('\n') }), []);
  });

  it('bans the wall clock and ambient randomness in sim/, but not in its command line', () => {
    match(findings({ 'sim/x.ts': 'const value = Date.now();' }).join(), /wall clock/);
    match(findings({ 'sim/x.ts': 'const value = Math.random();' }).join(), /randomness/);
    match(findings({ 'sim/x.ts': 'setTimeout(f, 1);' }).join(), /setTimeout/);
    deepEqual(findings({ 'sim/cli/x.ts': 'const value = performance.now();' }), []);
    deepEqual(findings({ 'node/x.ts': 'const value = Date.now(); process.cwd();' }), []);
  });
});
