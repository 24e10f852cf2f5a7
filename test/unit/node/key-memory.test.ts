// The memory of checked keys: what comes back after a restart, and that a damaged file vouches for nothing.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyMemory } from '../../../node/keys/key-memory.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { isSafePublicKey, safePublicKeys } from '../../../protocol/crypto/index.ts';
import { publicKey } from '../../support/agents.ts';

const log = createLogger({ level: 'silent', name: 'test' });

describe('memory of checked keys', () => {
  const home = mkdtempSync(join(tmpdir(), 'zerostate-keys-'));
  const path = join(home, 'checked-keys');
  after(() => rmSync(home, { recursive: true, force: true }));

  it('keeps the keys that were found safe, and no other', async () => {
    assert.equal(isSafePublicKey(publicKey(201)), true);
    const unsafe = new Uint8Array(32);
    assert.equal(isSafePublicKey(unsafe), false);
    await new KeyMemory(home, log).save();
    const kept = readFileSync(path).subarray(32);
    assert.equal(kept.length, safePublicKeys().length * 32);
    assert.ok(kept.includes(publicKey(201)));
    for (let at = 0; at < kept.length; at += 32) assert.ok(!kept.subarray(at, at + 32).equals(unsafe));
    assert.equal(await new KeyMemory(home, log).load(), kept.length / 32);
  });

  it('a file with one bit turned, cut short, or longer than allowed recalls nothing', async () => {
    const good = readFileSync(path);
    const turned = Buffer.from(good);
    turned[40]! ^= 1;
    for (const bad of [
      turned,
      good.subarray(0, -32),
      good.subarray(0, 20),
      Buffer.alloc(0),
      Buffer.alloc(2_000_000),
    ]) {
      writeFileSync(path, bad);
      assert.equal(await new KeyMemory(home, log).load(), 0);
    }
    rmSync(path);
    assert.equal(await new KeyMemory(home, log).load(), 0);
  });
});
