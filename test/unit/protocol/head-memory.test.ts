// Heads and checks that are remembered: what a log signed long ago makes room for what it signs now, so that a small network does not fill
// memory for hours.

import assert from 'node:assert/strict';
import nodeCrypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { KEPT_CHECKS_MAX, crypto as native } from '../../../protocol/crypto/native.ts';
import { HEAD_MEMORY_MAX, HEADS_PER_LOG_MAX, headsRemembered } from '../../../protocol/log/head-memory.ts';
import {
  noteSigner,
  originOf,
  peerIdOfKey,
  signCheckpoint,
  verifyNodeCheckpoint,
} from '../../../protocol/log/index.ts';
import { publicKey, seed } from '../../support/agents.ts';

function headOf(log: number, size: number): string {
  const own = new Uint8Array(32)
    .fill(91)
    .with(0, log >> 8)
    .with(1, log & 255);
  const origin = originOf(peerIdOfKey(native.publicKeyOfSeed(own)));
  return signCheckpoint({ origin, size, root: new Uint8Array(32).fill(size), signer: noteSigner(own) });
}

describe('what is remembered of heads', () => {
  it('is of each log the newest few', () => {
    const before = headsRemembered();
    const texts = Array.from({ length: 3 * HEADS_PER_LOG_MAX }, (_, n) => headOf(1, n + 1));
    const first = verifyNodeCheckpoint(texts[0] as string);
    assert.equal(verifyNodeCheckpoint(texts[0] as string), first, 'remembered');
    const heads = texts.slice(1).map((text) => verifyNodeCheckpoint(text));
    assert.ok(headsRemembered() - before <= HEADS_PER_LOG_MAX);
    for (const [n, text] of texts.slice(-HEADS_PER_LOG_MAX).entries())
      assert.equal(verifyNodeCheckpoint(text), heads.at(n - HEADS_PER_LOG_MAX));
    const again = verifyNodeCheckpoint(texts[0] as string);
    assert.notEqual(again, first);
    assert.deepEqual(again, first);
  });

  it('is bounded over all logs', () => {
    for (let log = 2; log < HEAD_MEMORY_MAX + 20; log++) verifyNodeCheckpoint(headOf(log, 1));
    assert.equal(headsRemembered(), HEAD_MEMORY_MAX);
  });

  it('leaves no check behind for long: those that nobody takes away have a bound of their own', () => {
    const sign = (n: number) => {
      const message = utf8(`head ${n}`);
      return { message, signature: native.signEd25519(seed(1), message) };
    };
    const checks = Array.from({ length: KEPT_CHECKS_MAX + 1 }, (_, n) => sign(n));
    const verifies = ({ message, signature }: (typeof checks)[number]) =>
      native.verifyEd25519(publicKey(1), message, signature);
    for (const check of checks) assert.ok(native.keepEd25519(() => verifies(check)));
    assert.equal(
      verifications(() => assert.ok(verifies(checks.at(-1)!))),
      0,
    );
    assert.equal(
      verifications(() => assert.ok(verifies(checks[0]!))),
      1,
    );
  });
});

/** How often the platform is asked for a verification while `work` runs. */
function verifications(work: () => void): number {
  const { verify } = nodeCrypto;
  let count = 0;
  try {
    nodeCrypto.verify = ((...args: Parameters<typeof verify>) => {
      count += 1;
      return verify(...args);
    }) as typeof verify;
    syncBuiltinESMExports();
    work();
  } finally {
    nodeCrypto.verify = verify;
    syncBuiltinESMExports();
  }
  return count;
}
