// Row 13: many ids of one /24, chosen to be nearest to a key, offer themselves as its holders and hold nothing.

import { generateKeyPair } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { contactsOf, type RoutingTable } from '../../node/dht/diversity.ts';
import { cardKey } from '../../node/dht/rules.ts';
import type { RunningNode } from '../../node/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { addressOf, draft, TestNodes } from '../support/nodes.ts';
import { startRogue } from '../support/rogue.ts';
import { type ChaosRow, percentile, secondsUntil } from './rig.ts';

const IN_TABLE_MAX = 3;
const SUCCESS_MIN = 0.95;
/** In the small form one of its five may be lost to a machine that is held up for as long as a lookup may take. */
const SUCCESS_MIN_QUICK = 0.8;

/** Keys whose DHT ids are nearest to a target, out of ten times as many. */
async function nearestKeys(target: Uint8Array, count: number) {
  const made = await Promise.all(Array.from({ length: count * 10 }, () => generateKeyPair('Ed25519')));
  const goal = sha256(target);
  const distance = (key: (typeof made)[number]) => {
    const id = sha256(peerIdFromPrivateKey(key).toMultihash().bytes);
    return Buffer.from(id.map((byte, i) => byte ^ goal[i]!)).toString('hex');
  };
  return made
    .map((key) => ({ key, far: distance(key) }))
    .sort((a, b) => (a.far < b.far ? -1 : 1))
    .slice(0, count)
    .map(({ key }) => key);
}

export const row13: ChaosRow = {
  row: 13,
  title: 'Sybil: 60 ids of one /24 nearest a key',
  pass: 'at most 3 in a routing table; lookups >= 95 %',
  async run({ quick }) {
    await using nodes = new TestNodes();
    await using rogues = new AsyncDisposableStack();
    const config = { peers: { groupPrivate: true } };
    const running: RunningNode[] = [];
    for (let i = 0; i < 4; i++)
      running.push(
        await nodes.start(`n${i}`, {
          ...config,
          listen: [`/ip4/127.${20 + i}.0.1/tcp/0`],
          join: running.map(addressOf),
        }),
      );
    await secondsUntil(() => running.every(({ node }) => node.host.getPeers().length === 3), 20);
    const card = await running[0]!.node.cards.publish(draft('wanted'));
    await secondsUntil(() => running.slice(1).some(({ node }) => node.dhtStore.held.records > 0), 20);
    const count = quick ? 16 : 60;
    const keys = await nearestKeys(cardKey(card.agentId), count);
    const sybils: string[] = [];
    for (const [i, privateKey] of keys.entries()) {
      const rogue = rogues.use(await startRogue({ ip: `127.66.6.${1 + i}`, privateKey }));
      rogue.answer('GET_VALUE', async (_peer, { key }) => ({
        type: 'GET_VALUE',
        key,
        closer: [],
        providers: [],
      }));
      for (const target of running.slice(1, 3)) await rogue.dial(addressOf(target)).catch(() => undefined);
      sybils.push(rogue.peerId);
    }
    const inTable = ({ node }: RunningNode) => {
      const table = (node.host.services.dht as unknown as { routingTable: RoutingTable }).routingTable;
      return contactsOf(table).filter((peer) => sybils.includes(peer.toString())).length;
    };
    await secondsUntil(() => running.slice(1, 3).some((one) => inTable(one) > 0), 5);
    const times: number[] = [];
    let found = 0;
    for (let i = 0; i < (quick ? 5 : 40); i++) {
      const started = performance.now();
      const answer = await running[1 + (i % 2)]!.node.records.get(card.agentId);
      times.push(performance.now() - started);
      if (answer?.cardId === card.cardId) found += 1;
    }
    return [
      { name: 'Sybils', value: sybils.length, unit: 'ids' },
      {
        name: 'Sybils in a table, most',
        value: Math.max(...running.map(inTable)),
        unit: 'ids',
        max: IN_TABLE_MAX,
      },
      {
        name: 'lookup success',
        value: found / times.length,
        unit: 'share',
        min: quick ? SUCCESS_MIN_QUICK : SUCCESS_MIN,
      },
      { name: 'lookup p95', value: percentile(times, 0.95), unit: 'ms' },
    ];
  },
};
