// The neighbourhood of a thing, worked out from statements: pure code of the console, tested without a browser.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { neighbourhood, nodeIdOf } from '../../node/console/static/app/parts/walk.js';

const RAW = 0x55;
const SHA_256 = 0x12;
const digestOf = (text: string) => createHash('sha256').update(text).digest();
const thing = (text: string) => `sha256:${digestOf(text).toString('hex')}`;
const contentId = (text: string) => CID.createV1(RAW, create(SHA_256, digestOf(text))).toString();

function row(name: string, kind: string, edges: [string, string, string][], verdict = 'accept') {
  return {
    statementId: contentId(name),
    predicateType: `https://zerostate.dev/predicates/${kind}/v1`,
    says: { kind },
    edges: edges.map(([from, relation, to]) => ({ from: thing(from), relation, to: thing(to) })),
    verdict: { verdict },
  };
}

describe('the neighbourhood of a thing in the provenance graph', () => {
  it('knows a thing by its digits, by its content id and as an agent', () => {
    for (const text of ['a', 'b', 'something longer']) {
      assert.equal(nodeIdOf(contentId(text)), thing(text));
      assert.equal(nodeIdOf(`zs:${contentId(text)}`), thing(text));
      assert.equal(nodeIdOf(thing(text).slice('sha256:'.length).toUpperCase()), thing(text));
      assert.equal(nodeIdOf(thing(text)), thing(text));
    }
    assert.equal(nodeIdOf('sha512:00'), 'sha512:00');
  });

  it('puts what a run took at one side and what it made at the other, from whichever end it is seen', () => {
    const rows = [
      row('run', 'execution-receipt', [
        ['run', 'ran', 'module'],
        ['run', 'produced', 'output'],
      ]),
    ];
    const words = (self: string) => {
      const { label, sources, uses } = neighbourhood(thing(self), rows);
      return [
        label,
        sources.map((one) => [one.id, one.words, one.label]),
        uses.map((one) => [one.id, one.words, one.label]),
      ];
    };
    assert.deepEqual(words('run'), [
      'execution-receipt',
      [[thing('module'), 'ran', 'artifact']],
      [[thing('output'), 'produced', 'artifact']],
    ]);
    assert.deepEqual(words('module'), ['artifact', [], [[thing('run'), 'run by', 'execution-receipt']]]);
    assert.deepEqual(words('output'), ['artifact', [[thing('run'), 'produced by', 'execution-receipt']], []]);
  });

  it('names each neighbour once, marks what is refused here, and leaves out what is only said about a thing', () => {
    const rows = [
      row('build', 'slsa', [
        ['app', 'built-from', 'lib'],
        ['app', 'built-from', 'lib'],
        ['bom', 'attested', 'app'],
      ]),
      row('lib', 'slsa', [['lib', 'built-from', 'source']], 'reject'),
    ];
    const { sources, uses } = neighbourhood(thing('app'), rows);
    assert.deepEqual(
      sources.map(({ id, verdict }) => [id, verdict]),
      [[thing('lib'), 'reject']],
    );
    assert.deepEqual(uses, []);
    assert.deepEqual(
      neighbourhood(thing('lib'), rows).uses.map(({ words }) => words),
      ['built into'],
    );
  });
});
