// Two organisations as processes, driven by the command line alone: they agree, one seals a statement, the other reads what it may.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { envelopeToJson } from '../../../protocol/envelope/index.ts';
import { eventually, startNode, zerostate, zerostateJson } from '../../support/cli.ts';
import { draft } from '../../support/nodes.ts';
import { DIGEST, provenance, SLSA } from '../../support/partner-nodes.ts';

const SOON_MS = 60_000;

interface Shown {
  agent: string;
  isConnected: boolean;
  given: { isInForce: boolean } | null;
  taken: { isInForce: boolean } | null;
  standing: { counts: { verified: number } };
}

describe('zerostate partner', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-partner-cli-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('add, list, show, sync, remove; seal here, read there', async () => {
    const card = join(folder, 'card.json');
    const envelope = join(folder, 'statement.json');
    writeFileSync(envelope, JSON.stringify(envelopeToJson(provenance('hidden'))));
    const up = (name: string, join_: string[]) =>
      startNode(['--home', join(folder, name), '--name', name, '--api-port', '0', ...join_]);
    const acme = await up('acme', []);
    const bolt = await up('bolt', ['--join', acme.info.addresses[0] as string]);
    try {
      const agents: string[] = [];
      for (const name of ['acme', 'bolt']) {
        writeFileSync(card, JSON.stringify(draft(name)));
        const made = await zerostateJson<{ agentId: string }>([
          'card',
          'publish',
          card,
          '--home',
          join(folder, name),
        ]);
        agents.push(made.agentId);
      }
      const [a, b] = agents as [string, string];
      const at = (name: string) => ['--home', join(folder, name)];
      const give = ['--give', `${SLSA} app /builder/id`];
      const [toBolt, toAcme] = [bolt, acme].map(({ info }) => ['--address', info.addresses[0] as string]);
      await zerostateJson(['partner', 'add', b, '--name', 'bolt', ...toBolt!, ...give, ...at('acme')]);
      await zerostateJson(['partner', 'add', a, '--name', 'acme', ...toAcme!, ...at('bolt')]);
      const show = (agent: string, home: string) =>
        zerostateJson<Shown>(['partner', 'show', agent, ...at(home)]);
      await eventually('both agree', SOON_MS, async () => {
        await zerostate(['partner', 'sync', b, ...at('acme')]);
        const { given, taken } = await show(b, 'acme');
        return given?.isInForce === true && taken?.isInForce === true;
      });

      const sealed = await zerostateJson<{ statementId: string }>([
        'partner',
        'seal',
        envelope,
        ...at('acme'),
      ]);
      const answer = await zerostateJson<{
        rows: { statementId: string; from: string }[];
        openings: { statementId: string; isPartial: boolean; predicate: object }[];
        end: { isComplete: boolean };
      }>(['prov', 'query', `sha256:${DIGEST}`, '--partners', '--wait', ...at('bolt')]);
      assert.ok(answer.end.isComplete, JSON.stringify(answer));
      assert.deepEqual(
        answer.rows.map(({ statementId }) => statementId),
        [sealed.statementId],
      );
      assert.deepEqual(
        answer.openings.map(({ isPartial, predicate }) => [isPartial, predicate]),
        [[true, { builder: { id: 'https://ci.example' } }]],
      );
      const text = await zerostate(['prov', 'query', `sha256:${DIGEST}`, '--partners', ...at('bolt')]);
      assert.equal(text.code, 0, text.stderr);
      assert.match(text.stdout, /acme {2}complete/);
      assert.doesNotMatch(text.stdout, /hidden/);
      const listed = await zerostateJson<{ partners: Shown[] }>(['partner', 'list', ...at('bolt')]);
      assert.deepEqual(
        listed.partners.map(({ agent }) => agent),
        [a],
      );
      assert.ok(listed.partners[0]!.standing.counts.verified >= 2);
      assert.match((await zerostate(['partner', 'show', b, ...at('acme')])).stdout, /it gets: in force/);

      await zerostateJson(['partner', 'remove', b, ...at('acme')]);
      assert.equal((await zerostate(['partner', 'show', b, ...at('acme')])).code, 1);
      const refused = await zerostate(['partner', 'sync', a, ...at('bolt')]);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /PARTNER_REFUSED/);
      assert.match(
        (await zerostate(['partner', 'add', b, '--give', 'a b c d', ...at('acme')])).stderr,
        /USAGE/,
      );
    } finally {
      await Promise.all([acme.stop(), bolt.stop()]);
    }
  });
});
