// Signatures checked ahead: the verdict is the same, before and after, for good ones and for bad ones.

import assert from 'node:assert/strict';
import nodeCrypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { crypto as native } from '../../../protocol/crypto/native.ts';
import { crypto as noble } from '../../../protocol/crypto/noble.ts';
import {
  type Envelope,
  primedParts,
  primeEnvelopes,
  signEnvelope,
  verifyEnvelope,
} from '../../../protocol/envelope/index.ts';
import {
  createAgentKeys,
  keychainToJson,
  verifyKeychainJson,
  withKeychains,
} from '../../../protocol/identity/index.ts';
import { verifyAgentStatement } from '../../../protocol/statement/index.ts';
import { weigh } from '../../fleet/memory.ts';
import { makeAgent, makeCard, NOT_BEFORE, publicKey, seed } from '../../support/agents.ts';
import { refuses } from '../../support/codes.ts';
import { sampleReceipt } from '../../support/receipt-files.ts';

/** How often the platform is asked for a verification while `work` runs. */
function verifications(work: () => void): number {
  const { verify } = nodeCrypto;
  let count = 0;
  const counting = (...args: Parameters<typeof verify>) => {
    count += 1;
    return verify(...args);
  };
  try {
    nodeCrypto.verify = counting as typeof verify;
    syncBuiltinESMExports();
    work();
  } finally {
    nodeCrypto.verify = verify;
    syncBuiltinESMExports();
  }
  return count;
}

const message = Uint8Array.of(1, 2, 3);
const MIB = 1_048_576;

describe('signatures checked ahead', () => {
  it('what is signed to be read back is not checked, once, and nothing else for it', () => {
    const text = utf8('signed here');
    const signature = native.keepSigned(() => native.signEd25519(seed(1), text));
    const verifies = (key: number, bytes: Uint8Array, sig = signature) =>
      native.verifyEd25519(publicKey(key), bytes, sig);
    const other = signature.with(40, (signature[40] as number) ^ 1);
    assert.equal(
      verifications(() => {
        assert.equal(verifies(2, text), false);
        assert.equal(verifies(1, utf8('signed hers')), false);
        assert.equal(verifies(1, text, other), false);
      }),
      3,
    );
    assert.equal(
      verifications(() => assert.ok(native.rememberEd25519(() => verifies(1, text)))),
      0,
    );
    assert.ok(native.isEd25519Kept({ publicKey: publicKey(1), message: text, signature }));
    const mine = utf8('changed after it was signed');
    const over = native.keepSigned(() => native.signEd25519(seed(1), mine));
    mine[0] = 0;
    assert.equal(verifies(1, mine, over), false);
    mine[0] = 'c'.charCodeAt(0);
    assert.deepEqual(
      [1, 2].map(() => verifications(() => assert.ok(verifies(1, mine, over)))),
      [0, 1],
    );
    const plain = native.signEd25519(seed(1), utf8('plain'));
    assert.equal(
      verifications(() => assert.ok(verifies(1, utf8('plain'), plain))),
      1,
    );
  });

  for (const adapter of [native, noble]) {
    it(`${adapter.name}: change no verdict`, async () => {
      const good = { publicKey: publicKey(1), message, signature: adapter.signEd25519(seed(1), message) };
      const bad = { ...good, publicKey: publicKey(2) };
      const malformed = { ...good, signature: new Uint8Array(3) };
      const smallOrder = { ...good, publicKey: new Uint8Array(32) };
      const checks = [good, bad, malformed, smallOrder];
      const verdicts = (): boolean[] =>
        checks.map((each) => adapter.verifyEd25519(each.publicKey, each.message, each.signature));
      const before = verdicts();
      assert.deepEqual(before, [true, false, false, false]);
      // The third time they are remembered from the second.
      for (const isKept of [false, true, true]) {
        await adapter.primeEd25519(checks, { isKept });
        assert.deepEqual(verdicts(), before);
      }
      assert.deepEqual(verdicts(), before, 'and again, when nothing is remembered any more');
    });

    it(`${adapter.name}: what is kept is the good check, and no other`, async () => {
      const text = Uint8Array.of(7, 7, adapter === native ? 1 : 2);
      const check = { publicKey: publicKey(1), message: text, signature: adapter.signEd25519(seed(1), text) };
      await adapter.primeEd25519([check]);
      assert.equal(adapter.isEd25519Kept(check), false);
      const others = [
        { ...check, message },
        { ...check, publicKey: publicKey(2) },
      ];
      await adapter.primeEd25519([check, ...others], { isKept: true });
      assert.equal(adapter.isEd25519Kept(check), adapter === native);
      for (const other of others) assert.equal(adapter.isEd25519Kept(other), false);
    });

    it(`${adapter.name}: of messages that nobody comes for some megabytes are held`, async () => {
      const { held } = await weigh();
      for (let n = 0; n < 40; n++) {
        const long = new Uint8Array(MIB).fill(n);
        const signature = adapter.signEd25519(seed(1), long);
        assert.ok(adapter.keepEd25519(() => adapter.verifyEd25519(publicKey(1), long, signature)));
      }
      const more = (await weigh()).held - held;
      assert.ok(more < 24 * MIB, `${more / MIB} MiB`);
    });

    it(`${adapter.name}: a check that was kept is good for its own message, key and bytes only`, () => {
      const mine = message.slice();
      const signature = adapter.signEd25519(seed(1), mine);
      const verifies = (key: number, bytes: Uint8Array, sig = signature) =>
        adapter.verifyEd25519(publicKey(key), bytes, sig);
      assert.equal(
        adapter.keepEd25519(() => verifies(1, mine)),
        true,
      );
      assert.equal(
        adapter.keepEd25519(() => verifies(2, mine)),
        false,
      );
      const changed = signature.slice();
      changed[0]! ^= 1;
      assert.deepEqual(
        [verifies(2, mine), verifies(1, Uint8Array.of(1, 2, 4)), verifies(1, mine, changed)],
        [false, false, false],
      );
      assert.throws(
        () =>
          adapter.keepEd25519(() => {
            throw new Error('the work failed');
          }),
        /the work failed/,
      );
      mine[0]! = 9;
      assert.equal(verifies(1, mine), false, 'changed after it was checked');
      assert.deepEqual([verifies(1, message), verifies(1, message)], [true, true]);
    });

    it(`${adapter.name}: what comes again is remembered when it was good, and only the very check`, () => {
      const text = Uint8Array.of(8, 8, adapter === native ? 1 : 2);
      const check = { publicKey: publicKey(1), message: text, signature: adapter.signEd25519(seed(1), text) };
      const others = [
        { ...check, message },
        { ...check, publicKey: publicKey(2) },
      ];
      const verifies = (each: typeof check) =>
        adapter.verifyEd25519(each.publicKey, each.message, each.signature);
      const verdicts = () => [check, ...others].map(verifies);
      assert.deepEqual(adapter.rememberEd25519(verdicts), [true, false, false]);
      assert.equal(adapter.isEd25519Kept(check), adapter === native);
      for (const other of others) assert.equal(adapter.isEd25519Kept(other), false);
      assert.deepEqual(verdicts(), [true, false, false]);
    });

    it(`${adapter.name}: what is remembered of messages of any length is the very message`, () => {
      // About the length from which a check no longer fits the place where short ones are put together.
      for (const length of [0, 1, 8_095, 8_096, 8_097, 20_000]) {
        const text = new Uint8Array(length + 2).fill(adapter === native ? 3 : 4);
        const [shorter, longer] = [text.slice(0, length), text.slice(0, length + 1)];
        const check = {
          publicKey: publicKey(1),
          message: longer,
          signature: adapter.signEd25519(seed(1), longer),
        };
        const changed = longer.slice();
        changed[length] = 5;
        const verdicts = () =>
          [longer, shorter, text, changed].map((each) =>
            adapter.verifyEd25519(check.publicKey, each, check.signature),
          );
        assert.deepEqual(adapter.rememberEd25519(verdicts), [true, false, false, false]);
        assert.deepEqual(verdicts(), [true, false, false, false]);
        assert.equal(adapter.isEd25519Kept(check), adapter === native);
        for (const each of [shorter, text, changed])
          assert.equal(adapter.isEd25519Kept({ ...check, message: each }), false);
      }
    });

    it(`${adapter.name}: a primed signature is good for its own message, key and bytes only`, async () => {
      const signature = adapter.signEd25519(seed(1), message);
      await adapter.primeEd25519([{ publicKey: publicKey(1), message, signature }], { isKept: true });
      await adapter.primeEd25519([{ publicKey: publicKey(1), message: Uint8Array.of(1, 2, 4), signature }], {
        isKept: true,
      });
      assert.equal(adapter.verifyEd25519(publicKey(1), Uint8Array.of(1, 2, 4), signature), false);
      assert.equal(adapter.verifyEd25519(publicKey(2), message, signature), false);
      const changed = signature.slice();
      changed[0]! ^= 1;
      assert.equal(adapter.verifyEd25519(publicKey(1), message, changed), false);
      const mine = message.slice();
      await adapter.primeEd25519([{ publicKey: publicKey(1), message: mine, signature }]);
      mine[0]! = 9;
      assert.equal(
        adapter.verifyEd25519(publicKey(1), mine, signature),
        false,
        'changed after it was checked',
      );
    });
  }

  it('find the keychains inside cards and statements, each once, and none that is known or is none', async () => {
    const { keychain } = makeAgent(230);
    const holding = (payload: unknown) => ({
      payloadType: 'application/x-test',
      payload: new TextEncoder().encode(JSON.stringify(payload)),
      signatures: [],
    });
    const card = holding({ keychain: keychainToJson(keychain) });
    const statement = holding({ predicate: { keychain: keychainToJson(keychain) } });
    const junk = [
      holding({ keychain: { roots: 7 } }),
      holding(null),
      { ...card, payload: Uint8Array.of(0xff) },
    ];
    const found = withKeychains([card, statement, ...junk]);
    assert.deepEqual(found, [card, ...keychain.roots, keychain.delegation, statement, ...junk]);
    verifyKeychainJson(keychainToJson(keychain) as never, 'keychain');
    assert.deepEqual(withKeychains([card]), [card]);
    const parts: unknown[] = [];
    const note = (each: Envelope[]): Envelope[] => {
      parts.push(each);
      return each;
    };
    for await (const part of primedParts([card], (item) => item, note)) parts.push(part);
    assert.deepEqual(parts, [[card], [card]]);
  });

  it('do not read a payload for its keychain where one of its signer is known, and believe it no sooner for that', () => {
    const { keychain, operational } = makeAgent(61);
    verifyKeychainJson(keychainToJson(keychain) as never, 'keychain');
    const other = createAgentKeys({
      identitySeed: seed(61),
      nextIdentityPublicKey: publicKey(62),
      operationalPublicKey: publicKey(63),
      notBefore: NOT_BEFORE,
      notAfter: '2026-11-30T00:00:00Z',
    });
    // No card, or what signs it would remember the keychain.
    const payload = utf8(JSON.stringify({ keychain: keychainToJson(other.keychain) }));
    const signed = signEnvelope({ payloadType: 'text/x', payload, signers: [operational] });
    assert.deepEqual(withKeychains([signed]), [signed]);
    const nameless = {
      ...signed,
      signatures: signed.signatures.map((each) => ({ ...each, keyid: 'nobody' })),
    };
    const { delegation, roots } = other.keychain;
    assert.deepEqual(withKeychains([nameless]), [nameless, ...roots, delegation]);
    const forged = { ...other.keychain.delegation, signatures: keychain.delegation.signatures };
    refuses(
      () =>
        verifyKeychainJson(keychainToJson({ ...other.keychain, delegation: forged }) as never, 'keychain'),
      'SIGNATURE_INVALID',
    );
  });

  it('take the key id as a hint: a false one neither helps nor hurts', async () => {
    const { receipt } = sampleReceipt();
    const hinted = {
      ...receipt,
      signatures: receipt.signatures.map((each) => ({ ...each, keyid: makeAgent(1).operational.keyid })),
    };
    const nameless = {
      ...receipt,
      signatures: receipt.signatures.map((each) => ({ ...each, keyid: 'nobody' })),
    };
    await primeEnvelopes([receipt, hinted, nameless]);
    verifyAgentStatement(receipt);
    verifyEnvelope(nameless, { keys: [publicKey(42)] });
    refuses(() => verifyEnvelope(receipt, { keys: [publicKey(3)] }), 'SIGNATURE_INVALID');
  });

  it('come back in parts, in their order, with what has no envelope', async () => {
    const card = makeCard(makeAgent(1));
    const items = Array.from({ length: 150 }, (_, i) => ({ i, envelope: i % 3 === 0 ? null : card }));
    const seen: number[] = [];
    let parts = 0;
    for await (const part of primedParts(items, ({ envelope }) => envelope)) {
      parts++;
      seen.push(...part.map(({ i }) => i));
    }
    assert.deepEqual(
      seen,
      items.map(({ i }) => i),
    );
    assert.equal(parts, 3);
  });
});
