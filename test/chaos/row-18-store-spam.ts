// Row 18: one peer puts as many valid records as it can; honest puts go on.

import { cardKey } from '../../node/dht/rules.ts';
import { encodeEnvelope } from '../../protocol/envelope/index.ts';
import { makeAgent, makeCard } from '../support/agents.ts';
import { addressOf, draft, TestNodes } from '../support/nodes.ts';
import { startRogue } from '../support/rogue.ts';
import { type ChaosRow, secondsUntil } from './rig.ts';

const SUCCESS_MIN = 0.99;
/** In the small form one of its five may be lost to a machine that is held up for as long as a put may take. */
const SUCCESS_MIN_QUICK = 0.8;
const RECORDS_MAX = 160;
const BYTES_MAX = 1024 * 1024;

export const row18: ChaosRow = {
  row: 18,
  title: 'store spam from one peer',
  pass: 'quota per peer; disk <= cap; honest puts >= 99 %',
  async run({ quick }) {
    await using nodes = new TestNodes();
    const dht = { recordsMax: RECORDS_MAX, bytesMax: BYTES_MAX };
    const holder = await nodes.start('holder', { dht });
    const honest = await nodes.start('honest', { join: [addressOf(holder)], dht });
    await secondsUntil(() => honest.node.host.getPeers().length > 0, 20);
    await using spammer = await startRogue();
    const address = addressOf(holder);
    const count = quick ? 60 : 240;
    let taken = 0;
    const spam = (async () => {
      for (let i = 1; i <= count; i++) {
        const agent = makeAgent(i);
        const bytes = encodeEnvelope(makeCard(agent));
        if (await spammer.put(address, cardKey(agent.agentId), bytes).catch(() => false)) taken += 1;
      }
    })();
    let stored = 0;
    const puts = quick ? 5 : 15;
    for (let i = 0; i < puts; i++) {
      const card = await honest.node.cards.publish(draft(`honest ${i}`));
      const holders = await honest.node.records.put(card.agentId, card.bytes).catch(() => 0);
      if (holders > 0) stored += 1;
    }
    await spam;
    const { records, bytes } = holder.node.dhtStore.held;
    return [
      { name: 'spam offered', value: count, unit: 'records' },
      { name: 'spam taken', value: taken, unit: 'records', max: RECORDS_MAX / 8 },
      {
        name: 'held of the spammer',
        value: holder.node.dhtStore.heldOf(spammer.peerId).records,
        unit: 'records',
        max: RECORDS_MAX / 8,
      },
      { name: 'records held', value: records, unit: 'records', max: RECORDS_MAX },
      { name: 'bytes held', value: bytes, unit: 'bytes', max: BYTES_MAX },
      {
        name: 'honest puts stored',
        value: stored / puts,
        unit: 'share',
        min: quick ? SUCCESS_MIN_QUICK : SUCCESS_MIN,
      },
    ];
  },
};
