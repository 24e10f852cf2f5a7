// A script answers --help with the head of its own file, and a wrong flag with the same; neither starts its work.

import { deepEqual, equal, match } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { headOf } from '../../../scripts/source/arguments.ts';
import { REPOSITORY_ROOT } from '../../../scripts/source/tree.ts';

const run = (...flags: string[]) => runScript('scripts/test.ts', flags);
const runScript = (script: string, flags: readonly string[]) =>
  spawnSync(process.execPath, [join(REPOSITORY_ROOT, script), ...flags], {
    encoding: 'utf8',
    timeout: 15_000,
  });

describe('the arguments of a script', () => {
  it('takes the comment at the head of a file as its help', () => {
    equal(headOf('#!/usr/bin/env node\n// One.\n//\n// Two.\n\n// Not this.\n'), 'One.\n\nTwo.');
    equal(headOf('import x;\n// no\n'), '');
  });

  it('prints it when asked, and after what is wrong, and does nothing else', () => {
    const asked = run('--help');
    equal(asked.status, 0);
    match(asked.stdout, /^`npm test` runs every stage[^=]*$/);
    equal(asked.stderr, '');
    const wrong = run('--bogus');
    equal(wrong.status, 2);
    match(wrong.stderr, /^Unknown option '--bogus'[\s\S]*`npm test` runs every stage/);
    equal(wrong.stdout, '');
  });

  it('each script of package.json reads its arguments so, and none that writes files does so for a question', () => {
    const { scripts } = JSON.parse(readFileSync(join(REPOSITORY_ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const files = Object.values(scripts).flatMap((text) => /^node (\S+\.ts)/.exec(text)?.[1] ?? []);
    equal(files.length > 20, true);
    const deaf = files.filter(
      (file) =>
        !readFileSync(join(REPOSITORY_ROOT, file), 'utf8').includes('readArguments(import.meta.filename'),
    );
    deepEqual(deaf, []);
    const asked = runScript('scripts/reference-docs.ts', ['--help']);
    equal(asked.status, 0);
    match(asked.stdout, /^`npm run docs:reference`/);
    equal(/wrote/.test(asked.stdout), false);
    equal(runScript('scripts/api-types.ts', ['--bogus']).status, 2);
  });

  it('the builder of releases asks for the archive to compare with before it builds', () => {
    const script = 'scripts/release/reproduce.ts';
    match(runScript(script, ['--help']).stdout, /^`npm run release:reproduce`/);
    const missing = runScript(script, ['--against', 'no/such/archive.tgz', '--commit', 'no-such-commit']);
    equal(missing.status, 1);
    match(missing.stderr, /no\/such\/archive\.tgz/);
  });
});
