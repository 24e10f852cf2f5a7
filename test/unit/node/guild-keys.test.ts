// Group keys of a guild: members read each other, nobody else reads anything, and the keys of the past are gone.

import assert from 'node:assert/strict';
import { KNOWN_CREDENTIALS_MAX, KnownCredentials } from '../../../node/guild/keys/known-credentials.ts';
import {
  destroyOwnKeys,
  encodeKeyPackage,
  makeOwnKeys,
  type OwnKeys,
} from '../../../node/guild/keys/own-keys.ts';
import { type CredentialJudge, RingKeys } from '../../../node/guild/keys/ring-keys.ts';
import { guildSuite } from '../../../node/guild/keys/suite.ts';
import { fromUtf8, utf8 } from '../../../protocol/bytes/index.ts';
import { publicKeyOfSeed } from '../../../protocol/crypto/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { checkMlsFile } from '../../../scripts/conformance/mls.ts';
import type { Rows } from '../../../scripts/conformance/mls-suite.ts';
import { readJson, Suite } from '../../../scripts/conformance/suite.ts';
import { makeAgent, PEER, seed } from '../../support/agents.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const AGENTS = [0, 1, 2, 3].map((n) => ({ ...makeAgent(1 + 10 * n), operationalSeed: seed(3 + 10 * n) }));
/** One that judges at a time, with a memory of its own. */
function judgeAt(nowMs: number): CredentialJudge {
  const known = new KnownCredentials();
  return { now: () => nowMs, verify: (bytes) => known.verify(bytes, nowMs), check: () => {} };
}
const judge = judgeAt(NOW);

const code = (wanted: string) => (error: unknown) => isZeroError(error) && error.code === wanted;

interface Seat {
  readonly keys: RingKeys;
  readonly own: OwnKeys;
}

async function ring(count: number): Promise<Seat[]> {
  const owns = await Promise.all(AGENTS.slice(0, count).map((agent) => makeOwnKeys(agent, PEER, NOW)));
  const first = await RingKeys.create(utf8('a guild'), owns[0]!, judge);
  const staged = await first.stage({ add: owns.slice(1).map((own) => encodeKeyPackage(own.publicPackage)) });
  first.advance(staged);
  const others = await Promise.all(
    owns.slice(1).map(async (own) => ({ own, keys: await RingKeys.join(staged.welcome!, own, judge) })),
  );
  return [{ own: owns[0]!, keys: first }, ...others];
}

describe('group keys of a guild', () => {
  it('every member reads every other one, and knows who spoke', async () => {
    const seats = await ring(4);
    for (const [at, from] of seats.entries()) {
      const sealed = await from.keys.seal(utf8(`words of ${at}`));
      assert.ok(!fromUtf8Loose(sealed).includes('words of'));
      for (const to of seats.filter((one) => one !== from)) {
        const { plain, sender } = await to.keys.open(sealed);
        assert.deepEqual([fromUtf8(plain), sender.agent], [`words of ${at}`, AGENTS[at]!.agentId]);
        await assert.rejects(
          to.keys.open(sealed),
          code('GUILD_KEYS_REFUSED'),
          'a repeated message is refused',
        );
      }
    }
  });

  it('late and reordered messages open once; a changed bit does not', async () => {
    const [a, b] = (await ring(2)) as [Seat, Seat];
    const sealed: Uint8Array[] = [];
    for (let n = 0; n < 5; n++) sealed.push(await a.keys.seal(utf8(String(n))));
    const changed = sealed[0]!.slice();
    changed[changed.length - 1]! ^= 1;
    await assert.rejects(b.keys.open(changed), code('GUILD_KEYS_REFUSED'));
    for (const n of [4, 2, 0, 3, 1]) assert.equal(fromUtf8((await b.keys.open(sealed[n]!)).plain), String(n));
  });

  it('a removed member reads nothing that follows; the members that stay do', async () => {
    const [a, b, c] = (await ring(3)) as [Seat, Seat, Seat];
    const before = await a.keys.seal(utf8('before'));
    const staged = await a.keys.stage({ remove: [AGENTS[2]!.agentId] });
    a.keys.advance(staged);
    assert.equal(await b.keys.follow(staged.commit, AGENTS[0]!.agentId), true);
    const after = await a.keys.seal(utf8('after'));
    assert.equal(fromUtf8((await b.keys.open(after)).plain), 'after');
    // Its own keys still stand, as those of a member would that does not play by the rules.
    await assert.rejects(c.keys.open(after), code('GUILD_EPOCH'));
    assert.equal(fromUtf8((await c.keys.open(before)).plain), 'before');
    await assert.rejects(b.keys.open(before), code('GUILD_EPOCH'), 'the keys of the past are gone');
    assert.equal(await c.keys.follow(staged.commit, AGENTS[0]!.agentId), false);
    assert.ok(c.keys.destroyed);
    await assert.rejects(c.keys.seal(utf8('x')), code('GUILD_UNKNOWN'));
  });

  it('who joins later reads nothing that was said before', async () => {
    const [a, b] = (await ring(2)) as [Seat, Seat];
    const before = await a.keys.seal(utf8('before'));
    const own = await makeOwnKeys(AGENTS[2]!, PEER, NOW);
    const staged = await a.keys.stage({ add: [encodeKeyPackage(own.publicPackage)] });
    a.keys.advance(staged);
    await b.keys.follow(staged.commit, AGENTS[0]!.agentId);
    const late = await RingKeys.join(staged.welcome!, own, judge);
    await assert.rejects(late.open(before), code('GUILD_EPOCH'));
    assert.equal(fromUtf8((await late.open(await b.keys.seal(utf8('now')))).plain), 'now');
  });

  it('a commit counts only from the member who signed the change', async () => {
    const [a, b, c] = (await ring(3)) as [Seat, Seat, Seat];
    const staged = await b.keys.stage({ remove: [AGENTS[0]!.agentId] });
    await assert.rejects(c.keys.follow(staged.commit, AGENTS[0]!.agentId), code('GUILD_KEYS_REFUSED'));
    assert.equal(c.keys.epoch, 1);
    assert.equal(fromUtf8((await c.keys.open(await a.keys.seal(utf8('still here')))).plain), 'still here');
  });

  it('a credential that is not believed keeps its agent out', async () => {
    const own = await makeOwnKeys(AGENTS[0]!, PEER, NOW);
    const other = await makeOwnKeys(AGENTS[1]!, PEER, NOW);
    const add = [encodeKeyPackage(other.publicPackage)];
    const late = judgeAt(NOW + 3 * 86_400_000);
    const strict: CredentialJudge = {
      ...judge,
      check: ({ agent }) => {
        if (agent === AGENTS[1]!.agentId) throw new Error('revoked');
      },
    };
    await assert.rejects(RingKeys.create(utf8('g'), own, late));
    const ringed = await RingKeys.create(utf8('g'), own, strict);
    await assert.rejects(ringed.stage({ add }));
  });

  it('a credential that is remembered is asked anew whether it is in force, and a changed one is another', async () => {
    const known = new KnownCredentials();
    const { publicPackage } = await makeOwnKeys(AGENTS[0]!, PEER, NOW);
    const { credential } = publicPackage.leafNode;
    assert.ok(credential.credentialType === 'basic');
    const first = known.verify(credential.identity, NOW);
    assert.equal(known.verify(credential.identity, NOW), first, 'verified once');
    assert.throws(() => known.verify(credential.identity, NOW + 3 * 86_400_000), code('SIGNATURE_INVALID'));
    const changed = credential.identity.map((byte, at) => (at === 40 ? byte ^ 1 : byte));
    assert.throws(() => known.verify(changed, NOW));
    assert.ok(KNOWN_CREDENTIALS_MAX >= 128);
  });

  it('when an epoch ends its secrets are overwritten, and what the next one shares with it is not', async () => {
    const [a, b] = (await ring(3)) as [Seat, Seat, Seat];
    const second = await a.keys.stage({ remove: [AGENTS[2]!.agentId] });
    a.keys.advance(second);
    await b.keys.follow(second.commit, AGENTS[0]!.agentId);
    const { keySchedule, secretTree } = second.next;
    const secrets = [keySchedule.exporterSecret, keySchedule.initSecret, secretTree[0]!.application.secret];
    assert.ok(secrets.every((secret) => secret.some((byte) => byte !== 0)));
    const own = await makeOwnKeys(AGENTS[3]!, PEER, NOW);
    const third = await a.keys.stage({ add: [encodeKeyPackage(own.publicPackage)] });
    a.keys.advance(third);
    assert.ok(secrets.every((secret) => secret.every((byte) => byte === 0)));
    await b.keys.follow(third.commit, AGENTS[0]!.agentId);
    assert.equal(fromUtf8((await b.keys.open(await a.keys.seal(utf8('third')))).plain), 'third');
  });

  it('destroyed keys are overwritten', async () => {
    const [a] = (await ring(2)) as [Seat, Seat];
    const secrets = [a.own.privatePackage.signaturePrivateKey, a.own.privatePackage.hpkePrivateKey];
    a.keys.destroy();
    destroyOwnKeys(a.own);
    for (const secret of secrets) assert.ok(secret.every((byte) => byte === 0));
    assert.throws(() => a.keys.epoch, code('GUILD_UNKNOWN'));
    assert.notDeepEqual(publicKeyOfSeed(new Uint8Array(32)), a.own.publicPackage.leafNode.signaturePublicKey);
  });

  it('the node’s own cipher suite passes the published vectors too', async () => {
    const { files } = readJson<{ files: Record<string, Rows[]> }>(
      import.meta.dirname,
      '../../interop/mls-vectors.json',
    );
    for (const [name, rows] of Object.entries(files)) {
      const suite = new Suite(name);
      await checkMlsFile(suite, name, rows, await guildSuite());
      assert.deepEqual(suite.failures, []);
    }
  });
});

function fromUtf8Loose(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
