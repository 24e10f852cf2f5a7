// Key files: owner-only, whole or not at all, refused when others can read them; agents' keys survive a restart.

import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentVault } from '../../../node/keys/agent-vault.ts';
import { keyEndsMs } from '../../../node/keys/key-ends.ts';
import { readSecretFile, writeSecretFile } from '../../../node/keys/key-file.ts';
import { loadOrCreateNodeKey } from '../../../node/keys/node-key.ts';
import { publicKeyOfSeed } from '../../../protocol/crypto/index.ts';
import { didKeyOf } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { verifyKeychain } from '../../../protocol/identity/index.ts';
import { refused, VALIDITY } from '../../support/agents.ts';

describe('keys on disk', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'zerostate-keys-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('says what the disk said of a file that cannot be written', async () => {
    writeFileSync(join(home, 'none'), '');
    await assert.rejects(
      writeSecretFile(join(home, 'none', 'secret'), 'one'),
      (error: Error) =>
        refused('STORAGE_FAILED')(error) && /could not be written: E(?:NOTDIR|EXIST)/.test(error.message),
    );
  });

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

  it('leaves no file of an agent that was not made, whichever step failed', async () => {
    const vault = new AgentVault(home);
    await vault.load();
    const folder = join(home, 'keys', 'agents');
    const refusal = () => {
      assert.equal(readdirSync(folder).length, 2);
      assert.deepEqual(vault.list(), []);
      throw new ZeroError('BUSY', 'not now');
    };
    await assert.rejects(vault.create(VALIDITY, refusal), refused('BUSY'));
    assert.deepEqual([vault.list(), readdirSync(folder)], [[], []]);
    const made = await vault.create(VALIDITY);
    assert.deepEqual(vault.list(), [made]);
  });

  it('leaves no temporary file with a secret where it cannot be put in its place', async () => {
    const path = join(home, 'taken');
    mkdirSync(join(path, 'by a folder'), { recursive: true });
    await assert.rejects(writeSecretFile(path, 'secret'), refused('STORAGE_FAILED'));
    assert.deepEqual(readdirSync(home), ['taken']);
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

describe('rotation of keys on disk', () => {
  let home: string;
  let vault: AgentVault;
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'zerostate-rotate-'));
    vault = new AgentVault(home);
    await vault.load();
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));
  const again = async () => {
    const loaded = new AgentVault(home);
    await loaded.load();
    return loaded;
  };

  it('gives a new operational key, and needs the identity key for it', async () => {
    const made = await vault.create(VALIDITY);
    const rotated = await vault.rotateOperational(made.agentId, VALIDITY);
    const { serial, epoch } = verifyKeychain(rotated.keychain);
    assert.deepEqual([epoch, serial], [0, 2]);
    assert.notDeepEqual(rotated.operationalSeed, made.operationalSeed);
    assert.deepEqual((await again()).get(made.agentId), rotated);
    rmSync(join(home, 'keys', 'agents', `${made.agentId.replace(':', '-')}.identity.json`));
    await assert.rejects(vault.rotateOperational(made.agentId, VALIDITY), refused('NOT_OWNER'));
  });

  it('moves to the promised identity key again and again', async () => {
    const { agentId } = await vault.create(VALIDITY);
    for (const epoch of [1, 2, 3]) {
      const { keychain } = await (await again()).rotateIdentity(agentId, VALIDITY);
      const keys = verifyKeychain(keychain);
      assert.deepEqual([keys.epoch, keys.serial, keys.countersigned.at(-1)], [epoch, 1, true]);
    }
  });

  it('finishes a rotation that a crash interrupted between its two files', async () => {
    const { agentId } = await vault.create(VALIDITY);
    const folder = join(home, 'keys', 'agents');
    const [operational, identity] = ['operational', 'identity'].map((kind) =>
      join(folder, `${agentId.replace(':', '-')}.${kind}.json`),
    ) as [string, string];
    const before = {
      operational: readFileSync(operational),
      identity: JSON.parse(readFileSync(identity, 'utf8')),
    };
    await vault.rotateIdentity(agentId, VALIDITY);
    const after = JSON.parse(readFileSync(identity, 'utf8'));
    assert.equal(after.seed, before.identity.nextSeed);
    const half = { ...before.identity, laterSeed: after.nextSeed };
    // Crash after both files, before the old seed was dropped.
    writeFileSync(identity, JSON.stringify(half));
    assert.equal(verifyKeychain((await (await again()).rotateIdentity(agentId, VALIDITY)).keychain).epoch, 2);
    // Crash before the new keychain was written.
    writeFileSync(identity, JSON.stringify(half));
    writeFileSync(operational, before.operational);
    assert.equal(verifyKeychain((await (await again()).rotateIdentity(agentId, VALIDITY)).keychain).epoch, 1);
    // An old backup of the identity file is no use, and is said to be.
    writeFileSync(
      identity,
      JSON.stringify({ ...before.identity, seed: after.nextSeed, nextSeed: after.nextSeed }),
    );
    await assert.rejects((await again()).identitySeed(agentId), refused('DATA_CORRUPT'));
  });

  it('remember which agent was made first, also after a restart', async () => {
    const vault = new AgentVault(home);
    await vault.load();
    const made = [];
    for (let i = 0; i < 5; i++) made.push((await vault.create(VALIDITY)).agentId);
    const again = new AgentVault(home);
    await again.load();
    assert.equal(vault.list()[0]?.agentId, made[0]);
    assert.deepEqual(
      again.list().map(({ agentId }) => agentId),
      vault.list().map(({ agentId }) => agentId),
    );
    assert.deepEqual(
      again
        .list()
        .map(({ agentId }) => agentId)
        .sort(),
      made.sort(),
    );
  });

  it('works out when a key ends once for each keychain', async () => {
    const vault = new AgentVault(home);
    const { agentId, keychain } = await vault.create(VALIDITY);
    let reads = 0;
    const watched = new Proxy(keychain, {
      get: (of, name) => {
        reads += 1;
        return Reflect.get(of, name);
      },
    });
    assert.equal(keyEndsMs(watched), Date.parse(VALIDITY.notAfter));
    assert.ok(reads > 0);
    reads = 0;
    assert.equal(keyEndsMs(watched), Date.parse(VALIDITY.notAfter));
    assert.equal(reads, 0);
    const later = new Date(Date.parse(VALIDITY.notAfter) + 1_000).toISOString().replace('.000', '');
    await vault.rotateOperational(agentId, { ...VALIDITY, notAfter: later });
    assert.equal(keyEndsMs(vault.get(agentId).keychain), Date.parse(later));
  });
});
