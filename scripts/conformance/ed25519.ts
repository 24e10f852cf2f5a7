// Ed25519: Wycheproof's verdicts, and CCTV's edge cases, on which both crypto adapters must agree without exception.

import { crypto as native } from '../../protocol/crypto/native.ts';
import { crypto as noble } from '../../protocol/crypto/noble.ts';
import { readJson, Suite } from './suite.ts';

interface Wycheproof {
  testGroups: {
    publicKey: { pk: string };
    tests: { tcId: number; comment: string; msg: string; sig: string; result: string }[];
  }[];
}

interface CctvCase {
  number: number;
  key: string;
  sig: string;
  msg: string;
  flags: string[] | null;
}

const hex = (text: string): Uint8Array => Uint8Array.fromHex(text);
/** Flags of keys and signatures that our profile refuses whatever the equation says. */
const REFUSED = [
  'low_order_A',
  'low_order_R',
  'low_order_component_A',
  'low_order_component_R',
  'non_canonical_A',
  'non_canonical_R',
];

/** Wycheproof: every verdict, by both adapters. */
export function wycheproof(folder: string): Suite {
  const suite = new Suite('Wycheproof Ed25519');
  const { testGroups } = readJson<Wycheproof>(folder, 'wycheproof/testvectors_v1/ed25519_test.json');
  for (const { publicKey, tests } of testGroups) {
    for (const { tcId, comment, msg, sig, result } of tests) {
      for (const adapter of [native, noble]) {
        const accepted = adapter.verifyEd25519(hex(publicKey.pk), hex(msg), hex(sig));
        suite.check(
          accepted === (result === 'valid'),
          `${adapter.name}: case ${tcId} ${comment}: ${accepted}, published ${result}`,
        );
      }
    }
  }
  return suite;
}

/** CCTV: the adapters agree on every case, and accept no key or point outside the prime-order subgroup. */
export function cctv(folder: string): Suite {
  const suite = new Suite('CCTV Ed25519 edge cases');
  const cases = readJson<CctvCase[]>(folder, 'cctv/ed25519/ed25519vectors.json');
  let accepted = 0;
  for (const { number, key, sig, msg, flags } of cases) {
    const message = new TextEncoder().encode(msg);
    const [one, other] = [native, noble].map((adapter) => adapter.verifyEd25519(hex(key), message, hex(sig)));
    if (one) accepted++;
    suite.check(one === other, `case ${number}: native ${one}, noble ${other}`);
    const outside = (flags ?? []).some((flag) => REFUSED.includes(flag));
    suite.check(!(one && outside), `case ${number}: accepted although ${flags?.join(', ')}`);
  }
  suite.note(`${cases.length} cases, both adapters accept the same ${accepted}`);
  return suite;
}
