// A stored channel that cannot be read ends no start, is told, and is not written over.

import assert from 'node:assert/strict';
import { ChannelStore, type HeldSide, sideKey } from '../../../node/payments/channel-store.ts';
import { jsonLevel } from '../../../node/storage/index.ts';
import { initialState, termsOf } from '../../../protocol/channel/index.ts';
import { refused } from '../../support/agents.ts';
import { nonceOf, openingOf } from '../../support/channel-world.ts';
import { TestDatabase } from '../../support/log-stores.ts';

/** A new channel, another one for each number. */
function sideOf(number: number): HeldSide {
  const statement = openingOf({ nonce: nonceOf(number) });
  return { open: statement.envelope, state: initialState('payee', termsOf(statement)) };
}

describe('a stored channel that is damaged', () => {
  it('is left as it is, beside the others', async () => {
    await using database = new TestDatabase();
    const db = await database.open();
    const [sound, damaged] = [sideOf(1), sideOf(2)];
    const before = new ChannelStore(db);
    await before.put(sound);
    await before.put(damaged);
    const key = sideKey(damaged.state.terms.channel, 'payee');
    const records = jsonLevel<{ open: string; state: { newest: string | null } }>(db, 'channel-sides');
    const record = (await records.get(key))!;
    await records.put(key, { ...record, state: { ...record.state, newest: 'bm90IGFuIHVwZGF0ZQ==' } });
    const bytes = JSON.stringify(await records.get(key));

    const store = new ChannelStore(db);
    const held: string[] = [];
    for await (const { state } of store.load()) held.push(state.terms.channel);
    assert.deepEqual(held, [sound.state.terms.channel]);
    assert.deepEqual([...store.damaged.keys()], [key]);
    assert.match(store.damaged.get(key) ?? '', /\w/);

    await assert.rejects(store.put(damaged), refused('DATA_CORRUPT'));
    await assert.rejects(store.putAway(damaged), refused('DATA_CORRUPT'));
    assert.equal(JSON.stringify(await records.get(key)), bytes);
    await store.put(sound);
  });
});
