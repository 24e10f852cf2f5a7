// No command in a document is unchecked: it is typed by a test, or the block says why not, and in both cases it names commands, options and
// files that exist.

import assert from 'node:assert/strict';
import { buildProgram } from '../../../bin/program.ts';
import { blocksOf, commandsOf, documents, faultOfCommand } from '../../support/command-blocks.ts';

/** Documents whose `sh` blocks a test types, and which. */
const TYPED: readonly (readonly [RegExp, string])[] = [
  [/^README\.md$/, 'test/e2e/tutorial.test.ts'],
  [/^docs\/tutorial\//, 'test/e2e/tutorial.test.ts'],
  [/^docs\/runbooks\//, 'test/e2e/runbooks.test.ts'],
];
const COMMAND = /^\s*(?:\$ )?(?:zerostate|npx|npm|node|docker|kubectl|git|curl)\s+\S/m;
const OURS = /^(?:zerostate|npx zerostate|npm) /;
const program = buildProgram('zerostate');

describe('the command blocks of the documents', () => {
  const blocks = documents().flatMap(blocksOf);
  const shell = blocks.filter(({ mark }) => /^sh\b/.test(mark));

  it('are marked as such: no other block has commands, and each has a reason or a test that types it', () => {
    const wrong = blocks.flatMap(({ file, line, mark, text }) => {
      const at = `${file}:${line}`;
      if (/^(?:bash|shell|console|zsh)\b/.test(mark)) return [`${at}: mark it sh`];
      if (!/^sh\b/.test(mark))
        return mark === '' && COMMAND.test(text) ? [`${at}: commands: mark it sh`] : [];
      if (mark === 'sh') return TYPED.some(([known]) => known.test(file)) ? [] : [`${at}: no test types it`];
      return /^sh not run: \S.{8,}/.test(mark) ? [] : [`${at}: "${mark}" gives no reason`];
    });
    assert.deepEqual(wrong, []);
    assert.ok(shell.length > 80, `${shell.length} blocks`);
  });

  it('name commands, options, arguments, scripts and files that exist', () => {
    let seen = 0;
    const wrong = shell.flatMap(({ file, line, mark, text }) =>
      commandsOf(text).flatMap((command) => {
        // What a test types is judged by the shell; here only what of ours is in it.
        if (mark === 'sh' && !OURS.test(command)) return [];
        seen += 1;
        const fault = faultOfCommand(program, command);
        return fault === undefined ? [] : [`${file}:${line}: ${command.slice(0, 80)}: ${fault}`];
      }),
    );
    assert.ok(seen > 150, `${seen} commands`);
    assert.deepEqual(wrong, []);
  });

  it('are taken apart as a shell would', () => {
    assert.deepEqual(
      commandsOf(
        '$ a "b;c" && A=1 d | e 2>&1 # f\nX=$(g h $((1 - 1))) i \\\n  j &\n# k\nL="m n"\nexport O=$(p | q)\n',
      ),
      ['a "b;c"', 'd', 'e 2>&1', 'g h 1', 'i    j', 'p', 'q', 'export O=x'],
    );
    for (const [command, fault] of [
      ['zerostate card list', undefined],
      ['npx zerostate card lost', /no command/],
      ['zerostate card list --nonsense', /no option/],
      ['npm run nonsense', /no script/],
      ['npm nonsense', /npm nonsense/],
      ['node scripts/nonsense.ts', /there is no/],
      ['nonsense', /no document spoke/],
      ['cp packaging/nonsense /etc', /there is no/],
    ] as const) {
      const found = faultOfCommand(program, command);
      if (fault === undefined) assert.equal(found, undefined);
      else assert.match(found ?? '', fault);
    }
  });
});
