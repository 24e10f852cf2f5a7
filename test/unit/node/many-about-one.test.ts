// A statement that very many others are about is asked for like any other.

import assert from 'node:assert/strict';
import { ProvenanceGraph } from '../../../node/provenance/graph.ts';
import { LocalSource, type LocalSourceDeps } from '../../../node/provenance/local-source.ts';
import { provenanceQuery } from '../../../protocol/provenance/index.ts';

const MANY = 200_000;
const idOf = (n: number) => `sha256:${n.toString(16).padStart(64, '0')}`;

describe('a statement that many others are about', () => {
  it('is answered for, in time that grows with their number and no faster', async () => {
    const graph = new ProvenanceGraph();
    for (let n = 1; n <= MANY; n++)
      graph.add(
        {
          self: idOf(n),
          about: [idOf(n), ...(n === 1 ? [] : [idOf(1)])],
          uses: [],
          edges: [],
          issuer: 'a',
          signers: [],
          predicateType: 't',
          issuedAt: n,
        } as never,
        { origin: 'o', index: n - 1, knownAt: n },
      );
    const store = { state: () => ({ checkpoint: '' }) };
    const source = new LocalSource({
      graph,
      store,
      origin: 'o',
      isWhole: () => true,
    } as unknown as LocalSourceDeps);
    const started = performance.now();
    const rows = [];
    for await (const row of source.query(provenanceQuery({ start: [idOf(1)] } as never))) rows.push(row);
    assert.deepEqual(
      rows.map(({ kind }) => kind),
      ['end'],
    );
    assert.ok(performance.now() - started < 10_000);
  });
});
