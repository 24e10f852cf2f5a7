// Claims of documents: each tag is read with what it claims and what is named for it; evidence that is not there is found.

import assert from 'node:assert/strict';
import { readClaims } from '../../../scripts/claims/read.ts';
import { claimsDocument } from '../../../scripts/reference/claims.ts';
import { REPOSITORY_ROOT, readTree } from '../../../scripts/source/tree.ts';
import { checkClaims } from '../../../scripts/tidy/claims.ts';
import { tempTree } from '../../support/temp-tree.ts';

const BASE = {
  'package.json': '{"scripts":{"bench":"x","conformance":"y"}}',
  'test/unit/a.test.ts': "it('says a thing', f);",
  'test/unit/b.test.ts': '',
  'test/property/b.test.ts': '',
  'test/bench/speed.bench.ts': '',
};

function faults(markdown: string, path = 'docs/reference/x.md'): string[] {
  using tree = tempTree({ ...BASE, [path]: markdown });
  return checkClaims(readTree(tree.root)).map(({ line, message }) => `${line} ${message}`);
}

describe('claims', () => {
  it('have evidence that is there', () => {
    for (const [text, fault] of [
      ['It holds water. ENFORCED `test/unit/a.test.ts`\n', undefined],
      ['It holds water. ENFORCED `a.test.ts` ("says a thing")\n', undefined],
      ['It holds water. ENFORCED `test/unit/*.test.ts`\n', undefined],
      ['It holds water (ENFORCED by `test/unit`).\n', undefined],
      ['It holds water. ENFORCED `npm run conformance`\n', undefined],
      ['It is fast. AUDITED `npm run bench -- speed --full`\n', undefined],
      ['It will fly. PLANNED\n', undefined],
      ['It holds water. ENFORCED\n', /no test is named/],
      ['It holds water. ENFORCED `test/unit/gone.test.ts`\n', /no test test\/unit\/gone/],
      ['It holds water. ENFORCED `a.test.ts` ("says another")\n', /has no test "says another"/],
      ['It holds water. ENFORCED `b.test.ts`\n', /the name of 2 tests/],
      ['It is fast. AUDITED\n', /no command is named/],
      ['It is fast. AUDITED `npm run bench -- slow`\n', /no bench slow/],
      ['It is fast. AUDITED `npm run gone`\n', /no script gone/],
      ['It is fast. AUDITED `node test/unit/gone.ts`\n', /no file test\/unit\/gone.ts/],
      ['ENFORCED\n', /ENFORCED/],
    ] as const) {
      const found = faults(`# X\n\n## Y\n\n${text}`);
      if (fault === undefined) assert.deepEqual(found, [], text);
      else assert.match(found.join('\n'), fault, text);
    }
  });

  it('may have the evidence of their section or of the head of their document, and not of another section', () => {
    const claim = 'It holds water. (ENFORCED)\n';
    const proof = 'Shown by `test/unit/a.test.ts`.\n';
    assert.deepEqual(faults(`# X\n\n${proof}\n## Y\n\n${claim}`), []);
    assert.deepEqual(faults(`# X\n\n## Y\n\n${claim}\n${proof}`), []);
    assert.equal(faults(`# X\n\n## Y\n\n${claim}\n## Z\n\n${proof}`).length, 1);
    // A neighbour in a table is no evidence for another row.
    const rows = `| It holds water | ENFORCED \`a.test.ts\` |\n| It holds wine | ENFORCED |\n`;
    assert.match(faults(`# X\n\n## Y\n\n${rows}`).join(), /^6 ENFORCED "It holds wine"/);
  });

  it('are read as they are meant', () => {
    using tree = tempTree({
      ...BASE,
      'docs/reference/x.md': [
        '# X\n\n## Y\n',
        'First this. Then **that** holds ([why](y.md)) (ENFORCED by `a.test.ts`). AUDITED: it is quick. `npm run bench -- speed`\n',
        '```\nENFORCED in code is none\n```\n',
        '- An item that\n  goes on. PLANNED',
        '| rows | too | ENFORCED `a.test.ts` ([mend](../runbooks/mend.md)) |',
      ].join('\n'),
      'docs/README.md': 'ENFORCED: what the word means.',
      'docs/adr/1.md': 'ENFORCED',
    });
    assert.deepEqual(
      readClaims(readTree(tree.root)).map(({ line, runbooks, tag, text }) => [line, tag, text, ...runbooks]),
      [
        [5, 'ENFORCED', 'Then that holds (why)'],
        [5, 'AUDITED', 'it is quick.'],
        [11, 'PLANNED', 'An item that goes on.'],
        [13, 'ENFORCED', 'rows : too', 'docs/runbooks/mend.md'],
      ],
    );
  });

  it('of this project are all listed, and all have evidence', () => {
    const tree = readTree(REPOSITORY_ROOT);
    assert.deepEqual(checkClaims(tree), []);
    const rows = claimsDocument(tree).match(/^\| .* \| (?:ENFORCED|AUDITED|PLANNED) \|/gm) ?? [];
    assert.equal(rows.length, readClaims(tree).length);
    assert.ok(rows.length > 150, `${rows.length} claims`);
  });
});
