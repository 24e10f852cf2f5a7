// Partners over real TCP: who is let in, what each may see, what a query over all of them answers, and who is caught.

import assert from 'node:assert/strict';
import { peerIdFromString } from '@libp2p/peer-id';
import { decodeGreeting, encodeGreeting, greetingProtocol } from '../../../node/partners/wire.ts';
import { decodeEnvelope } from '../../../protocol/envelope/index.ts';
import { parseRule } from '../../../protocol/partner/index.ts';
import { isStatementOf, SEALED_PREDICATE, verifyAgentStatement } from '../../../protocol/statement/index.ts';
import { refused } from '../../support/agents.ts';
import { eventually } from '../../support/cli.ts';
import { logSource } from '../../support/log-source.ts';
import {
  addPartner,
  ask,
  befriend,
  eventsOf,
  PartnerNodes,
  provenance,
  publish,
  replicated,
  SLSA,
} from '../../support/partner-nodes.ts';

const SOON_MS = 60_000;

describe('partners', function () {
  this.timeout(300_000);

  it('both sides add each other, or nothing is served; a stranger learns nothing', async () => {
    await using world = new PartnerNodes();
    const acme = await world.start('acme');
    const bolt = await world.start('bolt');
    await publish(bolt, 'app');
    await addPartner(acme, bolt);
    // Acme has been refused: Bolt has not added it.
    const [before] = eventsOf(await ask(acme), 'partner');
    assert.match(before?.state ?? '', /^(refused|unreachable)$/);
    await befriend(acme, bolt);
    const events = await ask(acme);
    assert.equal(eventsOf(events, 'partner')[0]?.state, 'complete');
    assert.equal(eventsOf(events, 'row').length, 1);
    const end = eventsOf(events, 'end')[0];
    assert.ok(end?.isComplete);
    assert.deepEqual(end?.missing, []);
  });

  it('a partner that the policy shuts out is refused with the policy’s words', async () => {
    await using world = new PartnerNodes();
    const acme = await world.start('acme');
    const bolt = await world.start('bolt');
    await acme.running.node.policy.bundles.applyFiles(
      [
        {
          name: 'partners.cedar',
          text: `@id("rest") permit (principal, action, resource);
            @id("no-bolt") @detail("Bolt is under review") forbid (principal, action == Zerostate::Action::"peer", resource)
            when { context.purpose == "partner" && principal == Zerostate::Peer::"${bolt.running.node.peerId}" };`,
        },
      ],
      null,
    );
    await addPartner(acme, bolt);
    await addPartner(bolt, acme);
    const [partner] = eventsOf(await ask(acme), 'partner');
    assert.match(partner?.state ?? '', /^(refused|unreachable)$/);
    const refusal = await eventually('the decision', SOON_MS, async () =>
      (await acme.running.node.policy.decisions(20, 'peer')).find(({ record }) =>
        record.candidates[0]?.policies.includes('no-bolt'),
      ),
    );
    assert.match(refusal.record.candidates[0]!.detail, /Bolt is under review/);
  });

  it('a peer that speaks for another agent, or shows somebody else’s pass, is refused', async () => {
    await using world = new PartnerNodes();
    const acme = await world.start('acme');
    const bolt = await world.start('bolt');
    const crook = await world.start('crook');
    await befriend(acme, bolt);
    const { rpc } = crook.running.node;
    await crook.running.node.host.dial(acme.running.node.host.getMultiaddrs()[0]!);
    const peer = peerIdFromString(acme.running.node.peerId);
    const protocol = greetingProtocol('test');
    // What Acme says to Bolt, Bolt's greeting, replayed by a third.
    const { node } = bolt.running;
    await bolt.running.node.host.dial(crook.running.node.host.getMultiaddrs()[0]!);
    const overheard = new Promise<Uint8Array>((resolve) => {
      void crook.running.node.host.unhandle(protocol.id).then(() =>
        rpc.handle(protocol, async (request) => {
          resolve(request);
          return request;
        }),
      );
    });
    await eventually('the trap', SOON_MS, async () =>
      crook.running.node.host.getProtocols().includes(protocol.id),
    );
    const partner = node.partners.book.get(acme.agent);
    await node.partners.book.put({ ...partner, peers: [crook.running.node.peerId] });
    await node.partners.sync(acme.agent).catch(() => {});
    const stolen = await overheard;
    await assert.rejects(rpc.call(peer, protocol, stolen), refused('AGREEMENT_INVALID'));
    const { pass, given } = decodeGreeting(stolen);
    const forged = encodeGreeting({
      pass: pass.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
      given,
      consent: null,
    });
    await assert.rejects(rpc.call(peer, protocol, forged));
  });

  it('private bodies: the commitment is public, the body goes to whom the scope names, the fields that it names', async () => {
    await using world = new PartnerNodes();
    const acme = await world.start('acme');
    const whole = await world.start('whole');
    const part = await world.start('part');
    const none = await world.start('none');
    await befriend(acme, whole);
    await befriend(acme, part, { scope: [parseRule(`${SLSA} app /builder/id`)] });
    await befriend(acme, none, { scope: [parseRule('https://spdx.dev/* * *')] });
    const envelope = provenance('nobody else may know');
    const { index, origin } = await acme.running.node.partners.seal({
      envelope,
      open: { type: true, subjects: true },
    });
    for (const other of [whole, part, none]) await replicated(acme, other);

    // What the log carries does not hold the secret.
    const body = await none.running.node.store.body(origin, index);
    assert.ok(body !== undefined && !Buffer.from(body).includes('nobody else may know'));
    const statement = verifyAgentStatement(decodeEnvelope(body));
    assert.ok(isStatementOf(statement, SEALED_PREDICATE));

    const seen = async (who: typeof acme) => {
      const opened = eventsOf(await ask(who), 'opening').map((event) => event.opened);
      return opened.map(({ body: { predicate }, isPartial }) => ({ predicate, isPartial }));
    };
    assert.deepEqual(await seen(none), []);
    assert.deepEqual(await seen(part), [
      { predicate: { builder: { id: 'https://ci.example' } }, isPartial: true },
    ]);
    const [full] = await seen(whole);
    assert.equal(full?.isPartial, false);
    assert.equal(full?.predicate.secret, 'nobody else may know');

    // Bodies that are in scope come by themselves, and stay when the partner is gone.
    await eventually(
      'the opening is fetched',
      SOON_MS,
      async () => (await part.running.node.partners.open(statement)) !== undefined,
    );
    assert.equal(await none.running.node.partners.open(statement), undefined);
    await world.stop('acme');
    assert.equal((await seen(part)).length, 1);
    assert.equal((await seen(none)).length, 0);
  });

  it('a statement that several tell is shown once; the first row does not wait for the slowest; who is missing is named', async () => {
    await using world = new PartnerNodes();
    const asker = await world.start('asker');
    const quick = await world.start('quick');
    const slow = await world.start('slow');
    await befriend(asker, quick);
    await befriend(asker, slow);
    await publish(quick, 'app');
    await replicated(quick, slow);
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { node } = slow.running;
    node.partners.answerFrom(logSource(node.store, { before: () => gate }));
    const events: string[] = [];
    const query = { start: [`sha256:${'a'.repeat(64)}`] };
    const all = ask(asker, { deadlineMs: 60_000 }, query).then((found) => found);
    const quickOnly = await ask(asker, { partners: [quick.agent] });
    events.push(...eventsOf(quickOnly, 'row').map(({ from }) => from));
    assert.equal(events.length, 1, 'the row is there while the slow partner still waits');
    const limited = await eventually('the quick one to answer in its time', SOON_MS, async () => {
      const found = await ask(asker, { deadlineMs: 300 });
      return eventsOf(found, 'row').length === 1 && found;
    });
    assert.deepEqual(
      eventsOf(limited, 'end')[0]?.missing.map(({ agent, state }) => [agent, state]),
      [[slow.agent, 'late']],
    );
    assert.equal(eventsOf(limited, 'end')[0]?.isComplete, false);
    release();
    const found = await all;
    assert.equal(eventsOf(found, 'row').length, 1);
    assert.ok(eventsOf(found, 'also').length >= 1);
    assert.deepEqual(
      eventsOf(found, 'partner').map(({ state }) => state),
      ['complete', 'complete'],
    );
  });

  it('who has stopped answering is not waited for, is named, and is waited for again once it is back', async () => {
    await using world = new PartnerNodes();
    const asker = await world.start('asker');
    const good = await world.start('good');
    const dead = await world.start('dead');
    await befriend(asker, good);
    await befriend(asker, dead);
    for (let i = 0; i < 3; i++) assert.equal(eventsOf(await ask(asker), 'end')[0]?.isComplete, true);
    const never = new Promise<void>(() => {});
    const { node } = dead.running;
    node.partners.answerFrom(logSource(node.store, { before: () => never }));
    for (let i = 0; i < 3; i++) {
      const end = eventsOf(await ask(asker, { waitForAll: false }), 'end')[0];
      assert.ok(end?.missing.some(({ agent }) => agent === dead.agent));
    }
    const { book } = asker.running.node.partners;
    assert.equal(book.standing(book.get(dead.agent)).isAwaited, false);
    node.partners.answerFrom(logSource(node.store));
    await eventually('it is waited for again', SOON_MS, async () => {
      await ask(asker, { waitForAll: true });
      return book.standing(book.get(dead.agent)).isAwaited;
    });
  });

  it('budgets: a partner over its queries is told so, under whatever connection it comes', async () => {
    await using world = new PartnerNodes();
    const acme = await world.start('acme');
    const bolt = await world.start('bolt');
    await befriend(acme, bolt, { budget: { queriesPerMinute: 3 } });
    const states = [];
    for (let i = 0; i < 5; i++) {
      const [event] = eventsOf(await ask(acme, { waitForAll: true }), 'partner');
      states.push(event?.state);
      if (i === 2) await acme.running.node.host.hangUp(peerIdFromString(bolt.running.node.peerId));
      await eventually('they are connected', SOON_MS, async () => {
        await acme.running.node.host.dial(bolt.running.node.host.getMultiaddrs()[0]!);
        return true;
      });
    }
    assert.deepEqual(states, ['complete', 'complete', 'complete', 'refused', 'refused']);
  });

  it('agreements and standings outlive a restart; who is removed gets nothing more', async () => {
    await using world = new PartnerNodes();
    const acme = await world.start('acme');
    const bolt = await world.start('bolt');
    await befriend(acme, bolt);
    await publish(bolt, 'app');
    await ask(acme);
    await world.stop('acme');
    const again = await world.start('acme');
    const { book } = again.running.node.partners;
    assert.equal(book.get(bolt.agent).usage.counts.verified, 1);
    await eventually('the partner answers again', SOON_MS, async () =>
      eventsOf(await ask(again, { waitForAll: true }), 'partner').some(({ state }) => state === 'complete'),
    );
    await bolt.running.node.partners.remove(acme.agent);
    assert.equal(eventsOf(await ask(again, { waitForAll: true }), 'partner')[0]?.state, 'refused');
    assert.throws(() => bolt.running.node.partners.book.get(acme.agent), refused('PARTNER_UNKNOWN'));
  });
});
