// The page of a run: what it is made from, and that nothing in it but its own script can run.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { coresTier } from '../../../sim/cores/tier.ts';
import { completeScenario, type TraceLine } from '../../../sim/scenario/index.ts';
import { pageText, viewDataOf } from '../../../sim/view/index.ts';

const line = (at: number, kind: string, node: number, peer: number, what: string): TraceLine => ({
  at,
  kind,
  node,
  peer,
  what,
});
const HEAD = { name: 'a-run', tier: 'T2', seed: 1, traceHash: 'ab'.repeat(32) };

describe('the page of a run', () => {
  it('knows what was written from the line of its writer, and both ways that it spreads', () => {
    const data = viewDataOf([
      line(1_000, 'revocation', 4, -1, 'log 2 size 3'),
      line(9_000, 'publication', 5, 4, 'log 2 size 3'),
      line(8_000, 'ihave', 1, 2, ''),
      line(20_000, 'compared', 6, 5, 'log 2 size 3'),
    ]);
    assert.deepEqual(data.things, [{ name: 'revocation: log 2 size 3', isRevocation: true }]);
    assert.equal(data.nodes, 7);
    assert.deepEqual(
      data.rows.map(([at]) => at),
      [1, 8, 9, 20],
    );
    assert.deepEqual(
      data.arrivals.map((kind) => data.kinds[kind]),
      ['revocation', 'publication', 'compared'],
    );
  });

  it('keeps an agent and its revocation apart, though both are named by the agent', () => {
    const { things } = viewDataOf([
      line(0, 'publish', 0, -1, 'zs1x'),
      line(5, 'arrive', 1, -1, 'zs1x'),
      line(9, 'refuse', 1, -1, 'zs1x'),
    ]);
    assert.deepEqual(things, [
      { name: 'zs1x', isRevocation: false },
      { name: 'zs1x', isRevocation: true },
    ]);
  });

  it('shows the way of each request over the relays, from the edge that asked to the one that answers', async () => {
    const routed = completeScenario({
      seconds: 1,
      topology: { nodes: 3 },
      workload: {
        routes: {
          relays: 4,
          regions: 2,
          edges: 8,
          perSecond: 20,
          settleSeconds: 1,
          forSeconds: 4,
          healthy: true,
        },
      },
    });
    const lines: TraceLine[] = [];
    const untraced = await coresTier({}).run(routed, 1);
    const traced = await coresTier({}).run(routed, 1, { trace: (one) => lines.push(one) });
    assert.deepEqual(traced, untraced);
    const { kinds, rows, things } = viewDataOf(lines);
    const first = things.findIndex(({ name }) => name.startsWith('request '));
    const [, from, to] = /from (\d+) to (\d+)$/.exec(things[first]!.name)!.map(Number);
    const way = rows.filter(([, , , , thing]) => thing === first);
    const hops = way.filter(([, kind]) => kinds[kind] === 'hop');
    const [begun] = way;
    assert.deepEqual([kinds[begun![1]], begun![2], begun![3]], ['request', from, -1]);
    // Each hop comes from where the one before it was; relays have the numbers after the network's three.
    assert.deepEqual(
      hops.map(([, , , peer]) => peer),
      [from, ...hops.slice(0, -1).map(([, , node]) => node)],
    );
    assert.equal(hops.at(-1)![2], to);
    assert.ok(hops.length > 1 && hops.slice(0, -1).every(([, , node]) => node >= 3 && node < 7));
    assert.equal(kinds[way.at(-1)![1]], 'answered');
  });

  it('leaves messages out before what spreads', () => {
    const messages = Array.from({ length: 200_001 }, (_, at) => line(at, 'message', 0, 1, '9 bytes'));
    const data = viewDataOf([...messages, line(300_000, 'arrive', 3, -1, 'late')]);
    assert.equal(data.left, 2);
    assert.equal(data.things[0]?.name, 'late');
    assert.equal(data.rows.length, 200_000);
  });

  it('runs its own script and style and nothing else, whatever names say', () => {
    const hostile = '</script><script>alert(1)</script><img src=x onerror=alert(2)>';
    const data = viewDataOf([line(0, 'publish', 0, -1, hostile)]);
    const page = pageText({ ...HEAD, name: '<b onclick=x>&', traceHash: hostile }, data);
    assert.ok(!page.includes('<img') && !page.includes('<b onclick'));
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text]) => text!);
    assert.equal(scripts.length, 1);
    const hash = createHash('sha256').update(scripts[0]!).digest('base64');
    assert.ok(
      page.includes(`script-src &#39;sha256-${hash}&#39;`) || page.includes(`script-src 'sha256-${hash}'`),
    );
    assert.match(page, /default-src 'none'/);
    const block = /<script id="run" type="application\/json">([\s\S]*?)<\/script>/.exec(page)![1]!;
    assert.equal((JSON.parse(block) as typeof data).things[0]!.name, hostile);
  });
});
