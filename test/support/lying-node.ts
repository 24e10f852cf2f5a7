// A node of an organisation that is honest until it is told to lie: a process of its own, led by messages of the test. Only what it
// answers to partners is untrue; all else is the real node.
// Arguments: home, name, and the address to join through.

import { completeConfig } from '../../node/config/index.ts';
import { runNode } from '../../node/index.ts';
import { CompactTree, leafHash } from '../../protocol/log/index.ts';
import { answerFalsely } from './false-answers.ts';
import { addressOf } from './nodes.ts';
import { nodeSeed } from './partner-nodes.ts';

/** What the test tells it: leave an entry of its log out, show the head of its first entry again, or another history of the same size. */
export type Lie =
  | { readonly kind: 'omission'; readonly index: number }
  | { readonly kind: 'old-head' }
  | { readonly kind: 'split' };

const [home, name, join] = process.argv.slice(2) as [string, string, string];
const running = await runNode({
  home,
  config: completeConfig({
    name,
    network: 'test',
    region: 'here',
    roles: ['edge'],
    join: [join],
    api: { host: '127.0.0.1', port: 0 },
    log: { level: 'silent' },
    sync: { intervalSeconds: 1 },
  }),
});
const { node } = running;

async function tell(lie: Lie): Promise<void> {
  const { origin } = node.ownLog;
  if (lie.kind === 'omission') {
    const honest = node.provenance.source;
    node.partners.answerFrom({
      async *query(query, options) {
        let left = 0;
        for await (const row of honest.query(query, options)) {
          if (row.kind === 'statement' && row.origin === origin && row.index === lie.index) left += 1;
          else yield row.kind === 'end' ? { ...row, rows: row.rows - left } : row;
        }
      },
    });
  } else if (lie.kind === 'old-head') {
    const tree = new CompactTree();
    tree.append(leafHash((await node.store.record(origin, 0)) as Uint8Array));
    await answerFalsely(running, nodeSeed(home), 1, tree.root());
  } else {
    await answerFalsely(running, nodeSeed(home), node.ownLog.state().size, new Uint8Array(32).fill(9));
  }
}

process.on('message', (lie: Lie) => {
  void tell(lie).then(() => process.send?.({ told: lie.kind }));
});
process.on('disconnect', () => {
  void running.stop();
});
process.send?.({ address: addressOf(running), origin: node.ownLog.origin });
