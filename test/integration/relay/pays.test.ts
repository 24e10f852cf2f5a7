// An edge that pays relays by itself: within its budget, what it counted and no more, once, and without an interruption of its streams.

import assert from 'node:assert/strict';
import type { Stream } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import type { RelaysPaidView } from '../../../node/api/routes/relays.ts';
import { openStream } from '../../../node/host/open-stream.ts';
import { RelayWatch } from '../../../node/host/relay-watch.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { agentAccount } from '../../../protocol/ledger/index.ts';
import { eventually, zerostateJson } from '../../support/cli.ts';
import { issueMoney } from '../../support/money.ts';
import { addressOf, draft, type TestConfig, TestNodes } from '../../support/nodes.ts';
import { apartRule, callThere, hangUpAll } from '../../support/relays.ts';

const CURRENCY = 'TEST';
const FUNDS = 1_000_000_000n;
const WAIT_MS = 90_000;
const MIB = 1_048_576;
/** A millionth for every KiB. */
const PRICE = 1_024n;
/** What 8 MiB cost: a stream that is not paid ends there. */
const CREDIT = 8_192n;
const SINK = '/test/sink';
/** Bytes that a relay adds to a bill: far beyond what it is believed, and within its credit, so that it ends nothing itself. */
const MADE_UP = 6 * MIB;
/** What comes over a sealed link when it ends: a frame or two without content. */
const LAST_WORDS_BYTES = 64n;

const payments = { relayCredit: String(CREDIT), escrow: '100000', step: '20000', penalty: '1000' };
const priced = {
  roles: ['boot', 'relay'],
  region: 'near',
  relay: { pricePerMiB: String(PRICE), currency: CURRENCY },
  payments,
};
const budget = (total: number) => ({
  currency: CURRENCY,
  perRelay: String(total),
  perDay: String(total),
  total: String(total),
});
const edge = (join: string[], pay: object = {}): TestConfig => ({
  listen: [],
  region: 'near',
  join,
  peers: { target: 1 },
  relay: { near: 2, far: 0, pay },
  payments,
});

/** A relay that asks a price, an edge with a budget and money, and a node behind the relay that takes everything. */
async function ferry(nodes: TestNodes, total: number) {
  const relay = await nodes.start('ferry', priced);
  const there = await nodes.start('there', edge([addressOf(relay)]));
  const here = await nodes.start('here', edge([addressOf(relay)], budget(total)));
  const payer = (await here.node.cards.publish(draft('Payer'))).agentId;
  await issueMoney(here, payer, FUNDS, CURRENCY);
  const got = { bytes: 0 };
  await there.node.host.handle(
    SINK,
    (stream) => {
      stream.addEventListener('message', ({ data }) => {
        got.bytes += data.byteLength;
      });
    },
    { runOnLimitedConnection: true },
  );
  await eventually(
    'the price, the payer and the way to be known',
    WAIT_MS,
    async () =>
      here.node.routing.relays().some(({ terms }) => terms?.pricePerMiB === PRICE) &&
      relay.node.payments.ledger.balance(agentAccount(payer), CURRENCY) === FUNDS &&
      relay.node.residents.of(here.node.peerId).includes(payer),
  );
  return { relay, there, here, payer, got };
}
type World = Awaited<ReturnType<typeof ferry>>;

/** Sends so much, no faster than it is taken. */
async function send(stream: Stream, mib: number): Promise<void> {
  const piece = new Uint8Array(32_768);
  for (let sent = 0; sent < mib * MIB; sent += piece.length) {
    if (!stream.send(piece)) await stream.onDrain({ signal: AbortSignal.timeout(WAIT_MS) });
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Opening a channel takes longer than the credit of this test lasts. */
async function channelOf({ here }: World): Promise<void> {
  await eventually('the channel', WAIT_MS, async () =>
    here.node.payments.sides.list().some(({ state }) => state.phase === 'open'),
  );
}

const reasonAt = ({ here, relay }: World) =>
  here.node.relayCustomer.list().find((one) => one.relay === relay.node.peerId)?.ended?.reason;

/** Streams that the relay ended because of what is owed. */
const cutAt = ({ relay }: World) =>
  relay.node.routing
    .streams(1_000)
    .filter(({ error }) => error !== undefined && /serves this peer no more|owes/.test(error));

/** Sends MiB after MiB, each once all but a quarter of the credit is paid: on a machine that is held up a payment takes as long as many of them. */
async function sendAsPaid(world: World, stream: Stream, mib: number): Promise<void> {
  const owed = () => {
    const one = world.here.node.relayCustomer.list().find(({ relay }) => relay === world.relay.node.peerId);
    return one === undefined || one.ended !== undefined ? 0n : one.price - one.standing.account.paid;
  };
  for (let sent = 0; sent < mib; sent++) {
    const before = world.got.bytes;
    await send(stream, 1);
    await eventually('it to come there', WAIT_MS, async () => world.got.bytes >= before + MIB);
    await eventually('what it costs to be paid', WAIT_MS, async () => owed() <= CREDIT / 4n);
  }
}

const paidOf = async (nodes: TestNodes) =>
  await zerostateJson<RelaysPaidView>(['channel', 'relay', '--home', nodes.home('here')]);

/** What both sides say of what was paid, once nothing is under way: each the same to the unit. */
async function settled(nodes: TestNodes, { relay }: Pick<World, 'relay'>) {
  const { relayPayer } = nodes.get('here').node;
  return await eventually('both sides to say the same', WAIT_MS, async () => {
    const bill = await relayPayer.bill(peerIdFromString(relay.node.peerId));
    const { budget: spent, relays } = await paidOf(nodes);
    const own = relays.find(({ peer }) => peer === relay.node.peerId)!;
    const signed = nodes
      .get('here')
      .node.payments.sides.list()
      .reduce((sum, { state }) => sum + (state.newest?.paid ?? 0n), 0n);
    const taken = relay.node.payments.sides
      .list()
      .reduce((sum, { state }) => sum + (state.newest?.paid ?? 0n), 0n);
    const isSame = [signed, taken, BigInt(own.paid), BigInt(spent!.all)].every((one) => one === bill.paid);
    return isSame && bill.paid > 0n && { bill, own, spent: spent! };
  });
}

describe('a relay that is paid by itself', function () {
  this.timeout(400_000);

  it('carries several MiB without a cut, is paid to the unit, and nothing twice when the edge restarts in the middle', async () => {
    await using nodes = new TestNodes();
    const world = await ferry(nodes, 50_000);
    const { relay, there } = world;
    const stream = await callThere(world, SINK);
    await channelOf(world);
    await sendAsPaid(world, stream, 16);
    assert.equal(stream.status, 'open');
    assert.deepEqual(cutAt(world), [], 'nothing was ended for want of pay');
    const first = await settled(nodes, world);
    assert.ok(first.bill.price > CREDIT, `${first.bill.price} asked`);
    assert.ok(
      first.bill.price - first.bill.paid <= CREDIT,
      `${first.bill.price} of which ${first.bill.paid}`,
    );
    await stream.close();

    // In the middle: with an amount owed, and none signed twice.
    await nodes.stop('here');
    const again = await nodes.start('here', edge([addressOf(relay)], budget(50_000)));
    await eventually('the price to be known again', WAIT_MS, async () =>
      again.node.routing.relays().some(({ connected, terms }) => connected && terms?.pricePerMiB === PRICE),
    );
    const kept = (await paidOf(nodes)).relays[0]!;
    assert.ok(BigInt(kept.paid) >= first.bill.paid, 'what was paid outlives it');
    const asked = await again.node.relayPayer.bill(peerIdFromString(relay.node.peerId));
    assert.ok(BigInt(kept.up) >= asked.up, 'all that was sent was counted');
    // The other end answers a link that ends, and who has stopped does not hear it.
    const unheard = asked.down - BigInt(kept.down);
    assert.ok(unheard >= 0n && unheard <= LAST_WORDS_BYTES, `${unheard} bytes were not heard`);
    const next = await callThere({ here: again, there }, SINK);
    await sendAsPaid({ ...world, here: again }, next, 4);
    assert.deepEqual(cutAt(world), []);
    const second = await settled(nodes, world);
    assert.ok(second.bill.paid > first.bill.paid);
    assert.ok(second.bill.paid <= second.bill.price, 'nothing twice');
    assert.ok(second.bill.price - second.bill.paid <= CREDIT);
    assert.equal(again.node.payments.sides.list().length, 1, 'one channel');
    const over = BigInt(second.own.up) + BigInt(second.own.down) - second.bill.up - second.bill.down;
    assert.ok(over >= -unheard && over < 65_536n, `${over} bytes apart, ${unheard} of them not heard`);
  });

  it('is left when the budget is spent, with the reason, and the open stream goes on over one that is free', async () => {
    await using nodes = new TestNodes();
    const world = await ferry(nodes, 4_000);
    const { got, here, relay, there } = world;
    const stream = await callThere(world, SINK);
    await channelOf(world);
    const free = await nodes.start('free', {
      roles: ['boot', 'relay'],
      region: 'near',
      join: [addressOf(relay)],
    });
    // Nothing but the budget shall move the stream: the other takes none until then.
    const rules = (text: string) => free.node.policy.bundles.applyFiles([{ name: 'own.cedar', text }], null);
    const open = '@id("rest") permit (principal, action, resource);';
    const wait =
      '@id("wait") forbid (principal, action == Zerostate::Action::"relay", resource) when { context.purpose == "forward" };';
    await rules(`${open} ${wait}`);
    await eventually('the free relay to be known to both', WAIT_MS, async () =>
      [here, there].every(({ node }) =>
        node.routing.relays().some(({ connected, entry }) => connected && entry.peerId === free.node.peerId),
      ),
    );
    // Nor shall it go on over both.
    const { peerId } = relay.node;
    const apart = apartRule(peerId);
    await rules(`${open} ${wait} ${apart}`);
    await hangUpAll(free, [peerId]);
    const sending = sendAsPaid(world, stream, 8);
    await eventually('the budget to be spent', WAIT_MS, async () => reasonAt(world) === 'budget');
    await rules(`${open} ${apart}`);
    await sending;
    await eventually('all of it', WAIT_MS, async () => got.bytes >= 8 * MIB);
    assert.equal(stream.status, 'open');
    const { path } = here.node.routing.links().find(({ peer }) => peer === there.node.peerId)!;
    assert.deepEqual(path, [free.node.peerId]);
    const { own, spent } = await settled(nodes, world);
    assert.equal(own.reason, 'budget');
    assert.equal(spent.all, '4000', 'to the unit, and no more');

    // With nobody else there the caller is told why.
    await stream.close();
    await here.node.host.hangUp(peerIdFromString(there.node.peerId));
    await nodes.stop('free');
    await eventually('the refusal', WAIT_MS, () =>
      openStream(
        here.node.host,
        peerIdFromString(there.node.peerId),
        SINK,
        AbortSignal.timeout(WAIT_MS),
      ).then(
        () => assert.fail('nobody pays'),
        (error: Error) =>
          /not paid \(budget\)/.test(error.message) && isZeroError(error) && error.code === 'ROUTE_REFUSED',
      ),
    );
  });

  it('is paid what was counted at the price of its card, and left, when it says far more', async () => {
    const { prototype } = RelayWatch;
    const { forwarded } = prototype;
    // All at once: a count that runs away slowly is left where the tolerance ends, and there the whole bill is within it.
    let left = 3 * MIB;
    prototype.forwarded = function (this: RelayWatch, peer, up, down) {
      const made = left > 0 && left <= up + down ? MADE_UP : 0;
      left -= up + down;
      forwarded.call(this, peer, up + made, down);
    };
    try {
      await using nodes = new TestNodes();
      const world = await ferry(nodes, 50_000);
      const { here, relay } = world;
      const stream = await callThere(world, SINK);
      await channelOf(world);
      const sending = send(stream, 12).catch(() => undefined);
      await eventually(
        'it to be left',
        WAIT_MS,
        async () => (await paidOf(nodes)).relays[0]?.reason === 'surplus',
      );
      stream.abort(new Error('enough'));
      await sending;
      const { bill, own } = await settled(nodes, world);
      const counted = BigInt(own.up) + BigInt(own.down);
      const most = ((counted + counted / 64n + BigInt(MIB)) * PRICE) / BigInt(MIB) + 2n;
      assert.ok(bill.paid <= most, `${bill.paid} paid, ${most} at most`);
      const madeUp = (BigInt(MADE_UP) * PRICE) / BigInt(MIB);
      assert.ok(bill.price >= (counted * PRICE) / BigInt(MIB) + madeUp / 2n, 'it asked for what it made up');
      assert.ok(bill.price - bill.paid >= madeUp / 2n, `of ${bill.price} asked ${bill.paid} were paid`);
      assert.match(here.node.relayCustomer.refusal(relay.node.peerId)!, /more than this node counted/);
    } finally {
      prototype.forwarded = forwarded;
    }
  });
});
