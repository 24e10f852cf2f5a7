// The memory of what was checked: what comes back after a restart, and that a damaged or foreign file vouches for nothing.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../node/clock/index.ts';
import { CheckMemory } from '../../../node/keys/check-memory.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { isSafePublicKey, rememberedChecks, safePublicKeys } from '../../../protocol/crypto/index.ts';
import { primeEnvelopes, seedSigner, signEnvelope } from '../../../protocol/envelope/index.ts';
import { publicKey, seed } from '../../support/agents.ts';

const log = createLogger({ level: 'silent', name: 'test' });

describe('memory of what was checked', () => {
  const home = mkdtempSync(join(tmpdir(), 'zerostate-checked-'));
  const memory = (byte = 9) => new CheckMemory({ home, seed: seed(byte), clock: systemClock, log });
  after(() => rmSync(home, { recursive: true, force: true }));

  it('keeps the keys and signatures that were found good, and no other', async () => {
    const sign = (text: string) =>
      signEnvelope({ payloadType: 'text/plain', payload: utf8(text), signers: [seedSigner(seed(3))] });
    assert.equal(isSafePublicKey(publicKey(201)), true);
    const unsafe = new Uint8Array(32);
    assert.equal(isSafePublicKey(unsafe), false);
    const before = rememberedChecks().length;
    await primeEnvelopes([sign('good'), { ...sign('bad'), payload: utf8('another') }], { isKept: true });
    await primeEnvelopes([sign('of no use later')]);
    assert.equal(rememberedChecks().length, before + 1);
    await memory().save();
    const kept = readFileSync(join(home, 'checked-keys')).subarray(32);
    assert.equal(kept.length, safePublicKeys().length * 32);
    assert.ok(kept.includes(publicKey(201)));
    for (let at = 0; at < kept.length; at += 32) assert.ok(!kept.subarray(at, at + 32).equals(unsafe));
    assert.deepEqual(await memory().load(), { keys: kept.length / 32, signatures: before + 1 });
  });

  it('a file of another node, or of another kind, recalls nothing', async () => {
    assert.deepEqual(await memory(10).load(), { keys: 0, signatures: 0 });
    const good = readFileSync(join(home, 'checked-signatures'));
    writeFileSync(join(home, 'checked-signatures'), readFileSync(join(home, 'checked-keys')));
    assert.equal((await memory().load()).signatures, 0);
    writeFileSync(join(home, 'checked-signatures'), good);
  });

  it('a file with one bit turned, cut short, or longer than allowed recalls nothing', async () => {
    for (const name of ['checked-keys', 'checked-signatures']) {
      const path = join(home, name);
      const good = readFileSync(path);
      const turned = Buffer.from(good);
      turned[40]! ^= 1;
      for (const bad of [
        turned,
        good.subarray(0, -1),
        good.subarray(0, 20),
        Buffer.alloc(0),
        Buffer.alloc(4_000_000),
      ]) {
        writeFileSync(path, bad);
        const { keys, signatures } = await memory().load();
        assert.equal(name === 'checked-keys' ? keys : signatures, 0);
      }
      rmSync(path);
    }
    assert.deepEqual(await memory().load(), { keys: 0, signatures: 0 });
  });
});
