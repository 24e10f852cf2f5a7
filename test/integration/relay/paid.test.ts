// A relay that asks a price: what it passes on is metered, who owes too much is not connected, and paying through a channel opens it again.

import assert from 'node:assert/strict';
import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { agentAccount } from '../../../protocol/ledger/index.ts';
import { eventually, zerostateJson } from '../../support/cli.ts';
import { issueMoney } from '../../support/money.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

const CURRENCY = 'TEST';
const FUNDS = 1_000_000_000n;
const CREDIT = 100n;
const WAIT_MS = 60_000;
const KIB_SENT = 64;

describe('a relay that is paid', function () {
  this.timeout(300_000);

  it('meters what it forwards, refuses who owes too much or whom a proof stands against, and is paid through a channel', async () => {
    await using nodes = new TestNodes();
    const payments = { payments: { relayCredit: String(CREDIT) } };
    const relay = await nodes.start('relay', { roles: ['boot', 'index', 'relay'], ...payments });
    const prices = [{ unit: 'byte', amount: '1', per: '100', currency: CURRENCY }];
    const seller = (await relay.node.cards.publish({ ...draft('Ferry'), prices })).agentId;
    const hidden = await nodes.start('hidden', { listen: ['/p2p-circuit'], join: [addressOf(relay)] });
    const asker = await nodes.start('asker', { join: [addressOf(relay)], listen: [] });
    const payer = (await asker.node.cards.publish(draft('Payer'))).agentId;
    await issueMoney(asker, payer, FUNDS, CURRENCY);
    const hiddenId = peerIdFromString(hidden.node.peerId);
    const circuit = await eventually('a reservation', WAIT_MS, async () =>
      hidden.node.host.getMultiaddrs().find((address) => String(address).includes('/p2p-circuit')),
    );
    await eventually(
      'both to be known to the relay and to the asker',
      WAIT_MS,
      async () =>
        relay.node.residents.of(asker.node.peerId).includes(payer) &&
        relay.node.payments.ledger.balance(agentAccount(payer), CURRENCY) === FUNDS &&
        asker.node.book.get(seller) !== undefined,
    );
    const dial = async () => await asker.node.host.dial(multiaddr(String(circuit)));
    const connection = await dial();
    assert.match(String(connection.remoteAddr), /p2p-circuit/);
    await hidden.node.host.handle(
      '/test/sink',
      (stream) => {
        stream.addEventListener('message', () => {});
      },
      { runOnLimitedConnection: true },
    );
    const stream = await connection.newStream('/test/sink', { runOnLimitedConnection: true });
    for (let n = 0; n < KIB_SENT; n++) stream.send(new Uint8Array(1_024));
    await stream.close();
    const home = ['--home', nodes.home('asker')];
    const bill = (...more: string[]) =>
      zerostateJson<{ seller: string; up: string; down: string; price: string; paid: string }>([
        'channel',
        'relay',
        relay.node.peerId,
        ...home,
        ...more,
      ]);
    const owed = await eventually('the bytes to be metered', WAIT_MS, async () => {
      const now = await bill();
      return BigInt(now.up) > BigInt(KIB_SENT) * 1_024n && now;
    });
    assert.equal(owed.seller, seller);
    assert.ok(BigInt(owed.up) < BigInt(KIB_SENT) * 1_024n * 2n, `${owed.up} bytes up`);
    assert.ok(BigInt(owed.down) > 0n);
    assert.ok(BigInt(owed.price) > CREDIT);

    await asker.node.host.hangUp(hiddenId);
    await assert.rejects(dial(), 'who owes more than the credit is not connected');
    const paid = await bill('--pay', `1000000 ${CURRENCY}`);
    assert.ok(BigInt(paid.paid) >= BigInt(owed.price));
    assert.equal(BigInt(paid.paid), asker.node.payments.sides.list()[0]?.state.newest?.paid);
    assert.match(String((await dial()).remoteAddr), /p2p-circuit/);

    // The accounts outlive a restart, and nothing that was paid is counted twice.
    const before = relay.node.payments.sides.list()[0]?.state.newest?.paid;
    await nodes.stop('relay');
    const again = await nodes.start('relay', { roles: ['boot', 'index', 'relay'], ...payments });
    assert.equal(again.node.payments.sides.list()[0]?.state.newest?.paid, before);
    await eventually('the asker to be back', WAIT_MS, async () => {
      await asker.node.host.dial(multiaddr(addressOf(again)));
      const later = await bill();
      return BigInt(later.paid) === before;
    });
  });
});
