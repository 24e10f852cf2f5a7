// Plants each kind of untidiness in a temporary tree and sees it found; and sees that lawful look-alikes pass.

import { deepEqual, match, throws } from 'node:assert/strict';
import { checkCodesRaised, checkErrorTable, errorsDocument } from '../../../scripts/reference/errors.ts';
import { checkLimits, limitsOfTree } from '../../../scripts/reference/limits.ts';
import { type Finding, readTree, type Tree } from '../../../scripts/source/tree.ts';
import { checkDead } from '../../../scripts/tidy/dead.ts';
import { checkDependencies } from '../../../scripts/tidy/dependencies.ts';
import { checkHeaders, checkSizes, SOURCE_BYTES_MAX } from '../../../scripts/tidy/files.ts';
import { checkLinks, checkOrphans } from '../../../scripts/tidy/links.ts';
import {
  checkLock,
  isIntegrity,
  type Lock,
  missingFromLock,
  platformEntry,
  withoutIntegrity,
} from '../../../scripts/tidy/lock.ts';
import { checkText } from '../../../scripts/tidy/text-rules.ts';
import { tempTree } from '../../support/temp-tree.ts';

type Check = (tree: Tree) => Finding[];
type Files = Readonly<Record<string, string>>;

function findings(check: Check, files: Files): string[] {
  using tree = tempTree(files);
  return check(readTree(tree.root)).map(({ path, line, message }) => `${path}:${line ?? ''} ${message}`);
}

function finds(check: Check, files: Files, expected: RegExp): void {
  const found = findings(check, files);
  match(found.join('\n'), expected);
  deepEqual(found.length, 1);
}

// Put together here so that the check of this repository does not find its own samples.
const MARK = ['TO', 'DO'].join('');
const HOME = ['', 'home', 'somebody', 'x'].join('/');

describe('tidy: words and calls', () => {
  const cases: readonly [name: string, path: string, text: string, expected: RegExp][] = [
    ['unfinished work in a comment', 'node/x.ts', `// ${MARK}: later\n`, /x.ts:1 unfinished work/],
    ['unfinished work in a document', 'docs/x.md', `a\n${MARK} b\n`, /x.md:2 unfinished work/],
    ['a test that runs alone', 'test/unit/x.test.ts', 'it.only("a", f);', /it.only/],
    ['a suite that is left out', 'test/unit/x.test.ts', 'describe.skip("a", f);', /describe.skip/],
    ['a test that leaves itself out', 'test/unit/x.test.ts', 'function f() { this.skip(); }', /this.skip/],
    ['an x-ed test', 'test/unit/x.test.ts', 'xit("a", f);', /xit/],
    ['process.exit in a room', 'node/x.ts', 'process.exit(1);', /process.exit outside bin/],
    ['markVerified outside protocol/', 'node/x.ts', 'const a = markVerified(b);', /markVerified outside/],
    ['a machine path in source', 'node/x.ts', `const a = '${HOME}';`, /machine path/],
    ['a machine path in a document', 'docs/x.md', `see ${HOME}\n`, /machine path/],
  ];
  for (const [name, path, text, expected] of cases) {
    it(`finds ${name}`, () => finds(checkText, { [path]: text }, expected));
  }

  it('lets look-alikes pass', () => {
    const files = {
      'bin/x.ts': 'process.exit(1);',
      'protocol/x.ts': 'markVerified(a); reader.skip(3); this.skip(2);',
      'node/x.ts': "const a = 'it.only'; process.exitCode = 1; app.get('/v1/root/x'); url.test.only;",
      'docs/x.md': 'GET http://127.0.0.1/home/x and log/root/hash\n',
    };
    deepEqual(findings(checkText, files), []);
  });
});

describe('tidy: files', () => {
  it('finds a file that does not say what it is for', () => {
    finds(
      checkHeaders,
      { 'node/x.ts': "import 'a';\n// A comment that comes too late to help.\n" },
      /first lines/,
    );
    finds(checkHeaders, { 'node/x.ts': '// Short.\n' }, /first lines/);
    finds(checkHeaders, { 'bin/x.js': '#!/usr/bin/env node\nstart();\n' }, /first lines/);
    deepEqual(
      findings(checkHeaders, {
        'bin/x.js': '#!/usr/bin/env node\n// Starts the program on the right Node.\n',
      }),
      [],
    );
  });

  it('finds a file over the size bound', () => {
    finds(checkSizes, { 'node/x.ts': 'x'.repeat(SOURCE_BYTES_MAX + 1) }, /split it/);
    deepEqual(findings(checkSizes, { 'node/x.ts': 'x'.repeat(SOURCE_BYTES_MAX) }), []);
  });

  it('finds dead source, and follows every kind of reference', () => {
    const files = {
      'package.json': '{ "exports": { "./verify": "./dist/protocol/verify/index.js" } }',
      'protocol/verify/index.ts': '',
      'bin/main.ts': "import '../node/a.ts';",
      'node/a.ts': "export * from './b.ts'; new URL('c.ts', import.meta.url); import.meta.resolve('./d.ts');",
      'node/b.ts': "await import('./e.ts'); const f = `./f${extension}`;",
      'node/f.ts': "const script = built ? './g.js' : './g.ts';",
      'node/g.ts': '',
      'node/c.ts': '',
      'node/d.ts': '',
      'node/e.ts': '',
      'node/console/static/index.html': '<script type="module" src="/app/main.js"></script>',
      'node/console/static/app/main.js': '',
      'test/unit/a.test.ts': "import '../support/s.ts';",
      'test/support/s.ts': '',
      'node/dead.ts': "import './dead-too.ts';",
      'node/dead-too.ts': '',
    };
    const found = findings(checkDead, files).map((line) => line.split(':')[0]);
    deepEqual(found, ['node/dead-too.ts', 'node/dead.ts']);
  });
});

describe('tidy: documents', () => {
  it('finds links that lead nowhere', () => {
    finds(checkLinks, { 'docs/a.md': 'see [b](b.md)' }, /a.md:1 link to b.md, which does not exist/);
    finds(checkLinks, { 'docs/a.md': 'see [b](b.md#two-words)', 'docs/b.md': '# One\n' }, /no such heading/);
    finds(checkLinks, { 'docs/a.md': '[x]: ../c.md\n' }, /link to ..\/c.md/);
    finds(
      checkLinks,
      { 'node/a.ts': '// See docs/reference/x.md for more.\n' },
      /names docs\/reference\/x.md/,
    );
  });

  it('lets good links, foreign links and code pass', () => {
    const files = {
      'README.md':
        '# A\n[b](docs/b.md#two-words-1) [c](https://example.org) [d](docs/) [e](#a) ![f](docs/f.png)',
      'docs/b.md': '# Two words\n## Two *words*\n```\n[x](nowhere.md)\n```\n`[y](nowhere.md)`\n',
      'docs/f.png': '',
    };
    deepEqual(findings(checkLinks, files), []);
  });

  it('finds documents that no link leads to', () => {
    const files = {
      'docs/README.md': '[a](how-to/a.md#x)',
      'docs/how-to/a.md': '[b](../b.md)',
      'docs/b.md': '',
      'docs/c.md': '[a](how-to/a.md)',
    };
    deepEqual(findings(checkOrphans, files), ['docs/c.md: no link from docs/README.md leads to it']);
  });

  it('finds packages without a reason, and imports without a package', () => {
    const manifest = JSON.stringify({ dependencies: { level: '1' }, devDependencies: { mocha: '1' } });
    const row = (name: string, reason: string): string => `| \`${name}\` | MIT | ${reason} |\n`;
    const reasons = row('level', 'The database of a node.') + row('mocha', 'Runs every test of ours.');
    const use = "import 'level'; import 'mocha/x';";
    const good = { 'package.json': manifest, 'docs/reference/dependencies.md': reasons, 'test/a.ts': use };
    deepEqual(findings(checkDependencies, { ...good, 'node/a.ts': "import 'level'; import 'node:fs';" }), []);
    finds(checkDependencies, { ...good, 'node/a.ts': "import 'pino';" }, /pino is not in package.json/);
    finds(checkDependencies, { ...good, 'node/a.ts': "import 'mocha';" }, /development dependency only/);
    finds(
      checkDependencies,
      { ...good, 'test/a.ts': "import 'mocha/x';" },
      /package.json: nothing uses level/,
    );
    const extra = {
      ...good,
      'docs/reference/dependencies.md': reasons + row('chalk', 'Colours the output of commands.'),
    };
    finds(checkDependencies, extra, /chalk is not in package.json/);
    const bare = {
      ...good,
      'docs/reference/dependencies.md': row('level', '') + row('mocha', 'Runs every test of ours.'),
    };
    finds(checkDependencies, bare, /no reason for level/);
    const alone = { 'package.json': '{"dependencies":{"level":"1"},"scripts":{"x":"level"}}' };
    finds(checkDependencies, alone, /no row for level/);
  });
});

describe('tidy: lock file', () => {
  const lock = (packages: Lock['packages']): string => JSON.stringify({ packages });
  const tool = { license: 'MIT', dev: true, optionalDependencies: { 't-linux-x64-musl': '1.2.3' } };

  it('finds platform packages that are not in it, and completes them', () => {
    const text = lock({ '': { dependencies: { a: '^1' } }, 'node_modules/a': tool });
    finds(
      checkLock,
      { 'package-lock.json': text },
      /t-linux-x64-musl, which node_modules\/a depends on, is missing/,
    );
    finds(checkLock, {}, /no lock file/);
    const entry = platformEntry('t-linux-x64-musl', '1.2.3', tool);
    deepEqual(
      [entry.os, entry.cpu, entry.libc, entry.dev, entry.optional],
      [['linux'], ['x64'], ['musl'], true, true],
    );
    throws(() => platformEntry('left-pad', '^1.0.0', tool), /run npm install/);
  });

  it('looks for packages as Node does', () => {
    const packages = {
      '': { dependencies: { a: '1' } },
      'node_modules/a': { dependencies: { b: '1', c: '1' } },
      'node_modules/a/node_modules/b': { dependencies: { c: '1', '@s/d': '1' } },
      'node_modules/c': { dependencies: { b: '1' } },
      'node_modules/@s/d': {},
    };
    deepEqual(missingFromLock({ packages }), [{ name: 'b', by: 'node_modules/c', version: '1' }]);
  });

  it('names the packages without a hash, and takes no other text for one', () => {
    const integrity = `sha512-${'a'.repeat(86)}==`;
    const packages = {
      '': { version: '1.0.0' },
      'node_modules/a': { version: '1.2.3', integrity },
      'node_modules/a/node_modules/@s/d': { version: '2.0.0' },
      'node_modules/linked': { link: true },
    };
    const key = 'node_modules/a/node_modules/@s/d';
    deepEqual(withoutIntegrity({ packages }), [{ key, name: '@s/d', version: '2.0.0' }]);
    deepEqual(['', 'sha1-aaaa', `${integrity}\n${integrity}`, integrity].map(isIntegrity), [
      false,
      false,
      false,
      true,
    ]);
  });
});

describe('tidy: error codes and limits', () => {
  const entry = {
    exit: 1,
    http: 500,
    retryable: false,
    summary: 'It failed.',
    remedy: 'Try again.',
  } as const;

  it('finds a code in two rooms, a name out of form and half a sentence', () => {
    const messages = (rooms: Parameters<typeof checkErrorTable>[0]): string =>
      checkErrorTable(rooms)
        .map(({ message }) => message)
        .join();
    match(messages({ protocol: { A_B: entry }, node: { A_B: entry } }), /A_B is a code of protocol already/);
    match(messages({ protocol: { aB: entry } }), /UPPER_SNAKE_CASE/);
    match(messages({ protocol: { A_B: { ...entry, remedy: 'Try again' } } }), /whole sentences/);
    deepEqual(messages({ protocol: { A_B: entry } }), '');
    match(
      errorsDocument({ protocol: { A_B: entry } }),
      /\| `A_B` \| 1 \| 500 \| no \| It failed. \| Try again. \|/,
    );
  });

  it('finds a code that nothing raises', () => {
    const files = { 'node/a.ts': "throw new ZeroError('A_B', 'x');", 'test/a.ts': "code === 'C_D';" };
    const found = findings((tree) => checkCodesRaised(tree, { node: { A_B: entry, C_D: entry } }), files);
    deepEqual(found, ['protocol/errors/codes/node.ts: nothing raises C_D']);
  });

  it('finds a bound without a reason, and reads the ones that have it', () => {
    finds(
      checkLimits,
      { 'node/a.ts': '// The first lines.\n\nconst QUEUE_MAX = 3;\n' },
      /QUEUE_MAX has no comment/,
    );
    const text = [
      '// The first lines.',
      '',
      '/** Items that wait:',
      ' *  more would be stale. */',
      'export const QUEUE_MAX = 3 * 4;',
      'const TAIL_MIN = 1; // Entries; fewer prove nothing.',
      '// Two bounds, one reason.',
      'const A_MAX = 1;',
      'const B_MAX = 2;',
    ];
    using tree = tempTree({ 'node/a.ts': text.join('\n') });
    const limits = limitsOfTree(readTree(tree.root)).map(({ name, value, reason }) => [
      name,
      value,
      reason.replace(/\s+/g, ' '),
    ]);
    deepEqual(limits, [
      ['QUEUE_MAX', '3 * 4', 'Items that wait: more would be stale.'],
      ['TAIL_MIN', '1', 'Entries; fewer prove nothing.'],
      ['A_MAX', '1', 'Two bounds, one reason.'],
      ['B_MAX', '2', 'Two bounds, one reason.'],
    ]);
  });
});
