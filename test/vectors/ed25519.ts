// Vectors of Ed25519 under our one strictness profile.

import { publicKeyOfSeed, signEd25519, verifyEd25519 } from '../../protocol/crypto/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { seed } from '../support/agents.ts';
import { bytesOf, Cases, hex, type Suite } from './suite.ts';

const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Points of small order, and encodings of points that are not the canonical ones. */
const SMALL_ORDER = {
  'the identity': `01${'00'.repeat(31)}`,
  'order 2': `ec${'ff'.repeat(30)}7f`,
  'order 4': '00'.repeat(32),
  'order 8': 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'the identity, not canonical': `01${'00'.repeat(30)}80`,
  'y above the field': `ee${'ff'.repeat(30)}7f`,
};

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

export function ed25519Suite(): Suite {
  const check: Suite['check'] = ({ publicKey, message, signature }) => {
    if (!verifyEd25519(bytesOf(publicKey), bytesOf(message), bytesOf(signature))) {
      throw new ZeroError('SIGNATURE_INVALID', 'the signature does not verify');
    }
    return true;
  };
  const cases = new Cases(check);
  const bad = (name: string, input: Record<string, string>): unknown =>
    cases.bad(name, 'SIGNATURE_INVALID', input);
  // RFC 8032 section 7.1, tests 1 and 2.
  const rfc = [
    ['9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', ''],
    ['4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', '72'],
  ] as const;
  rfc.forEach(([secret, message], i) => {
    const publicKey = hex(publicKeyOfSeed(bytesOf(secret)));
    cases.good(`RFC 8032 test ${i + 1}`, {
      publicKey,
      message,
      signature: hex(signEd25519(bytesOf(secret), bytesOf(message))),
    });
  });
  const message = '7a65726f7374617465';
  const publicKey = hex(publicKeyOfSeed(seed(1)));
  const signature = signEd25519(seed(1), bytesOf(message));
  const good = { publicKey, message, signature: hex(signature) };
  cases.good('an ordinary signature', good);
  bad('another message', { ...good, message: `${message}00` });
  bad('another key', { ...good, publicKey: hex(publicKeyOfSeed(seed(2))) });
  for (const at of [0, 31, 32, 63]) {
    const changed = signature.slice();
    changed[at]! ^= 1;
    bad(`bit changed in byte ${at}`, { ...good, signature: hex(changed) });
  }
  const s = signature.slice(32).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  bad('S above the group order', {
    ...good,
    signature: hex(signature.slice(0, 32)) + hex(littleEndian(s + GROUP_ORDER)),
  });
  bad('S of zero', { ...good, signature: hex(signature.slice(0, 32)) + '00'.repeat(32) });
  bad('signature too short', { ...good, signature: hex(signature.slice(0, 63)) });
  bad('signature too long', { ...good, signature: `${hex(signature)}00` });
  bad('key too short', { ...good, publicKey: publicKey.slice(2) });
  for (const [what, point] of Object.entries(SMALL_ORDER)) {
    // With S = 0 and R = A these pass a verifier that multiplies by the cofactor or skips the checks of A.
    bad(`key: ${what}`, { publicKey: point, message, signature: point + '00'.repeat(32) });
    bad(`R: ${what}`, { ...good, signature: point + hex(signature.slice(32)) });
  }
  return {
    name: 'ed25519',
    what: 'Ed25519 verification: A and R canonical and without torsion, S below the group order, the equation without cofactor.',
    input: { publicKey: '32 bytes, hexadecimal', message: 'hexadecimal', signature: '64 bytes, hexadecimal' },
    output: 'true',
    check,
    cases: cases.list,
  };
}
