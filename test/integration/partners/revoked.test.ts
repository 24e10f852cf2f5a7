// A partner that revokes itself, or the key that its passes are signed with: nothing more goes to whoever still holds them.

import assert from 'node:assert/strict';
import { seedSigner } from '../../../protocol/envelope/index.ts';
import { verifyKeychain } from '../../../protocol/identity/index.ts';
import { signRevocation } from '../../../protocol/revocation/index.ts';
import { refused } from '../../support/agents.ts';
import { eventually } from '../../support/cli.ts';
import {
  ask,
  befriend,
  eventsOf,
  type Organisation,
  PartnerNodes,
  publish,
  replicated,
} from '../../support/partner-nodes.ts';

const SOON_MS = 60_000;

/** Logs at `host` that an organisation's agent, or its operational key, is revoked: by its identity key, as from paper. */
async function revoke(of: Organisation, host: Organisation, kind: 'agent' | 'key') {
  const { vault } = of.running.node;
  const { keychain } = vault.get(of.agent);
  const id = kind === 'agent' ? of.agent : verifyKeychain(keychain).operationalKey;
  return await host.running.node.ownLog.append(
    signRevocation({
      keychain,
      signer: seedSigner(await vault.identitySeed(of.agent)),
      sequence: 1,
      previous: null,
      target: { kind, id },
      reason: 'stolen',
      issuedAt: new Date().toISOString(),
    }),
  );
}

describe('partners that are revoked', function () {
  this.timeout(300_000);

  for (const kind of ['agent', 'key'] as const)
    it(`are served nothing once their ${kind} is known to be, also with a pass of before, and after a restart`, async () => {
      await using world = new PartnerNodes();
      const acme = await world.start('acme');
      const thief = await world.start('thief');
      const witness = await world.start('witness');
      await befriend(acme, thief);
      await publish(acme, 'app');
      assert.equal(eventsOf(await ask(thief), 'partner')[0]?.state, 'complete');
      await revoke(thief, witness, kind);
      await acme.running.node.host.dial(witness.running.node.host.getMultiaddrs());
      await replicated(witness, acme);
      const { book } = acme.running.node.partners;
      await eventually('the pass to be taken back', SOON_MS, async () => {
        return book.get(thief.agent).passUntilMs === 0;
      });
      const [served] = eventsOf(await ask(thief), 'partner');
      assert.match(served?.state ?? '', /^(refused|unreachable)$/);
      await assert.rejects(acme.running.node.partners.sync(thief.agent), refused('PARTNER_REFUSED'));
      await assert.rejects(thief.running.node.partners.sync(acme.agent));
      await world.stop('acme');
      const again = await world.start('acme');
      await assert.rejects(again.running.node.partners.sync(thief.agent), (error: Error) =>
        /is revoked: stolen|PEER_UNREACHABLE|no address|not/.test(error.message),
      );
      assert.equal(again.running.node.partners.book.get(thief.agent).passUntilMs, 0);
    });
});
