// Provenance between real nodes: import, ask from elsewhere, revoke and see the verdict turn, ask what was known before, prove that nothing is
// missing, and start again on the same data.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { judgedRows } from '../../../node/api/routes/provenance.ts';
import type { RunningNode } from '../../../node/index.ts';
import type { ProvenanceEndView, ProvenanceRowView } from '../../../node/provenance/index.ts';
import {
  AnswerVerifier,
  encodeOmission,
  type ProvenanceRow,
  provenanceQuery,
  verifyOmission,
} from '../../../protocol/provenance/index.ts';
import { verify } from '../../../protocol/verify/index.ts';
import { refused } from '../../support/agents.ts';
import { cyclonedx, dsse, json, openvex, sha, slsaV1, statement } from '../../support/attestations.ts';
import { eventually, zerostate, zerostateJson } from '../../support/cli.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

const SOON_MS = 60_000;
const app = `sha256:${sha('a')}`;
const provenance = json(dsse(statement('https://slsa.dev/provenance/v1', slsaV1)));

async function rowsOf({ node }: RunningNode, parts: Parameters<typeof provenanceQuery>[0]) {
  const query = provenanceQuery({ start: [app], direction: 'both', ...parts });
  const rows: ProvenanceRow[] = [];
  for await (const row of node.provenance.source.query(query)) rows.push(row);
  const verifier = new AnswerVerifier(query);
  const verified = rows.flatMap((row) => verifier.push(row) ?? []);
  return { query, rows, verified, report: verifier.finish() };
}

describe('provenance', function () {
  this.timeout(300_000);

  it('what one organisation imports another finds, judged; a revocation turns the verdict and not the past', async () => {
    await using nodes = new TestNodes();
    const author = await nodes.start('author');
    const reader = await nodes.start('reader', { join: [addressOf(author)] });
    const { agentId } = await author.node.cards.publish(draft('builder'));
    const folder = nodes.home('author');
    await writeFile(join(folder, 'slsa.json'), provenance);
    await writeFile(join(folder, 'sbom.json'), json(cyclonedx));
    const at = (name: string) => ['--home', nodes.home(name)];
    const { added } = await zerostateJson<{ added: { statementIds: string[]; verified: boolean }[] }>([
      'prov',
      'add',
      join(folder, 'slsa.json'),
      ...at('author'),
    ]);
    assert.equal(added[0]!.statementIds.length, 1);
    await zerostateJson(['prov', 'add', join(folder, 'sbom.json'), ...at('author')]);
    const again = await zerostateJson<{ added: { known: boolean }[] }>([
      'prov',
      'add',
      join(folder, 'sbom.json'),
      ...at('author'),
    ]);
    assert.equal(again.added[0]!.known, true, 'the same bytes are not said twice');
    await eventually('the statements to reach the reader', SOON_MS, async () => {
      const { verified } = await rowsOf(reader, {});
      return verified.length === 2;
    });
    const ask = async (parts: Parameters<typeof provenanceQuery>[0] = {}) => {
      const rows: ProvenanceRowView[] = [];
      const query = provenanceQuery({ start: [app], direction: 'both', depth: 2, ...parts });
      for await (const row of judgedRows(reader.node, query)) if (row.kind === 'statement') rows.push(row);
      return { rows };
    };
    const before = await ask();
    const id = added[0]!.statementIds[0]!;
    const row = before.rows.find(({ statementId }) => statementId === id)!;
    assert.equal(row.issuer, agentId);
    assert.equal(row.says.kind, 'slsa-provenance');
    assert.equal(row.says.builder, 'https://build.example/builder');
    assert.ok(row.proof.treeSize > row.index && row.witnesses.policy !== '' && row.reputation !== null);
    assert.notEqual(row.verdict.verdict, 'reject');
    assert.deepEqual(
      row.edges.filter(({ relation }) => relation === 'built-from').map(({ to }) => to),
      [`gitCommit:${'b'.repeat(40)}`, `sha256:${sha('c')}`],
    );
    // A step further: what was made with the library.
    const uses = await ask({ start: [`sha256:${sha('c')}`], direction: 'uses', depth: 1 });
    assert.ok(uses.rows.some(({ statementId }) => statementId === id));

    // What was known is told to the second: the last one is to be over before the next begins.
    const heard = reader.node.clock.now();
    await eventually('the next second', SOON_MS, async () => reader.node.clock.now() >= heard + 1_000);
    const then = reader.node.clock.now();
    await zerostateJson(['prov', 'revoke', id, '--reason', 'the builder was compromised', ...at('author')]);
    await eventually('the verdict to turn', SOON_MS, async () => {
      const { rows } = await ask();
      return rows.find(({ statementId }) => statementId === id)?.verdict.verdict === 'reject';
    });
    const after = await ask();
    assert.match(
      after.rows.find(({ statementId }) => statementId === id)!.verdict.reason,
      /builder was compromised/,
    );
    const past = await ask({ at: then });
    assert.deepEqual(
      past.rows.map(({ statementId, verdict }) => [statementId, verdict.verdict]).sort(),
      before.rows.map(({ statementId }) => [statementId, 'accept']).sort(),
    );
    const proof = await zerostateJson<{ proof: string }>(['prov', 'prove', id, ...at('reader')]);
    assert.equal(verify(new TextEncoder().encode(proof.proof), { now: Date.now() }).ok, true);
    const lines = await zerostate(['prov', 'query', app, ...at('reader'), '--jsonl', '--prove']);
    const answer = lines.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ProvenanceRowView | ProvenanceEndView);
    assert.deepEqual(
      answer.slice(0, -1).map((one) => one.kind),
      ['statement', 'statement', 'statement'],
    );
    assert.equal(answer.at(-1)!.kind, 'end');
    const refusedRevocation = await zerostate(['prov', 'revoke', id, '--reason', 'x', ...at('reader')]);
    assert.match(refusedRevocation.stderr, /NOT_OWNER/);
    assert.deepEqual(await ask({ start: [`sha256:${sha('9')}`] }), { rows: [] });
  });

  it('proves its own log to be whole, for what it holds and for what it does not; a row left out is missed', async () => {
    await using nodes = new TestNodes();
    const author = await nodes.start('author');
    await author.node.cards.publish(draft('builder'));
    const { importer } = author.node.provenance;
    await importer.add(provenance);
    await importer.add(json(cyclonedx));
    await importer.add(json(openvex));
    for (const parts of [
      { depth: 3 },
      { depth: 0 },
      { start: [`sha256:${sha('9')}`] },
      { predicateTypes: ['https://cyclonedx.org/bom'] },
    ]) {
      const { rows, report } = await rowsOf(author, { ...parts, prove: true });
      assert.deepEqual(
        report.completeness.map(({ complete, missing, unlisted }) => [complete, missing, unlisted]),
        [[true, [], []]],
      );
      assert.deepEqual(report.end?.reasons, []);
      assert.equal(rows.at(-1)!.kind, 'end');
    }
    const { query, rows } = await rowsOf(author, { depth: 2, prove: true });
    const left = rows.find(({ kind }) => kind === 'statement')!;
    const verifier = new AnswerVerifier(query);
    for (const row of rows) {
      if (row === left) continue;
      verifier.push(row.kind === 'end' ? { ...row, rows: row.rows - 1 } : row);
    }
    const [told] = verifier.finish().completeness;
    assert.equal(told!.complete, false);
    assert.deepEqual(told!.missing, [(left as { index: number }).index]);
    // An honest index gives no evidence of an omission.
    const [head, completeness] = [
      rows.find(({ kind }) => kind === 'head'),
      rows.find(({ kind }) => kind === 'completeness'),
    ];
    const own = await rowsOf(author, { depth: 0, prove: true });
    assert.throws(
      () =>
        encodeOmission({
          thing: app,
          head: own.rows.find(({ kind }) => kind === 'head') as never,
          statement: own.rows.find(({ kind }) => kind === 'statement') as never,
          completeness: own.rows.find(({ kind }) => kind === 'completeness') as never,
        }),
      refused('OMISSION_UNPROVEN'),
    );
    assert.ok(head !== undefined && completeness !== undefined);
    assert.throws(() => verifyOmission(new TextEncoder().encode('{}')), refused('DECODE_FAILED'));
    // Asked again, nothing new is committed: a proof costs an entry only when there is something new to prove.
    const { size } = author.node.ownLog.state();
    await rowsOf(author, { prove: true });
    assert.equal(author.node.ownLog.state().size, size);
  });

  it('is the same after a new start, with what was known when', async () => {
    await using nodes = new TestNodes();
    const first = await nodes.start('author');
    await first.node.cards.publish(draft('builder'));
    await first.node.provenance.importer.add(provenance);
    const before = await rowsOf(first, { prove: true });
    const { size } = first.node.ownLog.state();
    await nodes.stop('author');
    const second = await nodes.start('author');
    const after = await rowsOf(second, { prove: true });
    assert.deepEqual(
      after.verified.map(({ row }) => [row.index, row.knownAt]),
      before.verified.map(({ row }) => [row.index, row.knownAt]),
    );
    assert.deepEqual(
      after.report.completeness.map(({ complete }) => complete),
      [true],
    );
    // The root of before stands again, unless the start itself has logged something about the graph.
    assert.ok(second.node.ownLog.state().size - size <= 2);
    const original = await zerostate([
      'prov',
      'show',
      before.verified[0]!.facts!.about.find(
        (each) => each !== app && each !== before.verified[0]!.facts!.self,
      )!,
      '--original',
      join(nodes.home('author'), 'copy.json'),
      '--home',
      nodes.home('author'),
    ]);
    assert.equal(original.code, 0, original.stderr);
  });
});
