// Key files: owner-only, whole or not at all, refused when others can read them; agents' keys survive a restart.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentVault } from '../../../node/keys/agent-vault.ts';
import { readSecretFile, writeSecretFile } from '../../../node/keys/key-file.ts';
import { loadOrCreateNodeKey } from '../../../node/keys/node-key.ts';
import { publicKeyOfSeed } from '../../../protocol/crypto/index.ts';
import { didKeyOf } from '../../../protocol/envelope/index.ts';
import { verifyKeychain } from '../../../protocol/identity/index.ts';
import { refused, VALIDITY } from '../../support/agents.ts';

describe('keys on disk', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'zerostate-keys-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('writes for the owner alone, also over a file that others could read, and leaves no temporary file', async () => {
    const path = join(home, 'deep', 'secret');
    await writeSecretFile(path, 'one');
    chmodSync(path, 0o644);
    await writeSecretFile(path, 'two');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(home, 'deep')).mode & 0o777, 0o700);
    assert.equal(await readSecretFile(path), 'two');
    assert.deepEqual(readdirSync(join(home, 'deep')), ['secret']);
  });

  it('refuses a key that group or others can read', async () => {
    await loadOrCreateNodeKey(home);
    const path = join(home, 'keys', 'node.key');
    for (const mode of [0o640, 0o604, 0o660, 0o644]) {
      chmodSync(path, mode);
      await assert.rejects(loadOrCreateNodeKey(home), refused('KEY_FILE_UNSAFE'));
    }
    chmodSync(path, 0o400);
    await loadOrCreateNodeKey(home);
  });

  it('makes a node key once and refuses a damaged one', async () => {
    const first = await loadOrCreateNodeKey(home);
    assert.deepEqual((await loadOrCreateNodeKey(home)).seed, first.seed);
    for (const text of ['', 'AAAA', '!!!']) {
      writeFileSync(join(home, 'keys', 'node.key'), text);
      await assert.rejects(loadOrCreateNodeKey(home), refused('DATA_CORRUPT'));
    }
  });

  it('keeps agents over a restart, each with an identity key that can be moved away', async () => {
    const vault = new AgentVault(home);
    await vault.load();
    const made = await vault.create(VALIDITY);
    const again = new AgentVault(home);
    await again.load();
    assert.deepEqual(again.list(), [made]);
    const { identityKey } = verifyKeychain(made.keychain);
    assert.equal(didKeyOf(publicKeyOfSeed(await again.identitySeed(made.agentId))), identityKey);
    const folder = join(home, 'keys', 'agents');
    for (const name of readdirSync(folder)) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
    rmSync(join(folder, `${made.agentId.replace(':', '-')}.identity.json`));
    await assert.rejects(again.identitySeed(made.agentId), refused('NOT_OWNER'));
    assert.throws(() => again.get('zs:nobody'), refused('NOT_OWNER'));
  });

  it('refuses an agent file that is damaged or readable by others', async () => {
    const vault = new AgentVault(home);
    const { agentId } = await vault.create(VALIDITY);
    const path = join(home, 'keys', 'agents', `${agentId.replace(':', '-')}.operational.json`);
    assert.ok(existsSync(path));
    chmodSync(path, 0o644);
    await assert.rejects(new AgentVault(home).load(), refused('KEY_FILE_UNSAFE'));
    writeFileSync(path, '{"kind":"zerostate-operational-key/v1"}');
    chmodSync(path, 0o600);
    await assert.rejects(new AgentVault(home).load(), refused('DATA_CORRUPT'));
  });
});
