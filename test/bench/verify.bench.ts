// Envelope verification against the bare primitive under it: what the envelope, its encoding and its key rules cost.

import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { publicKeyOfSeed } from '../../protocol/crypto/index.ts';
import {
  decodeEnvelope,
  encodeEnvelope,
  pae,
  seedSigner,
  signEnvelope,
  verifyEnvelope,
} from '../../protocol/envelope/index.ts';
import type { Bench } from './bench.ts';

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

function keyObject(publicKey: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
}

function refuse(): never {
  throw new Error('a good signature was refused');
}

export const bench: Bench = {
  name: 'verify',
  summary: 'envelopes verified, against bare node:crypto verify over the same bytes',
  bar: { sign: '>=', value: 0.7 },
  async run({ sizes, random, compare }) {
    const count = sizes(1_000, 10_000);
    for (const { issuers, payloadBytes } of [
      { issuers: 1, payloadBytes: 1_024 },
      { issuers: 100, payloadBytes: 1_024 },
      { issuers: 100, payloadBytes: 16_384 },
    ]) {
      const bytes = random(`payloads of ${payloadBytes}`);
      const seeds = Array.from({ length: issuers }, () => bytes.bytes(32));
      const keys = seeds.map(publicKeyOfSeed);
      const signers = seeds.map(seedSigner);
      const items = Array.from({ length: count }, (_, i) => {
        const payload = bytes.bytes(payloadBytes);
        const envelope = signEnvelope({
          payloadType: PAYLOAD_TYPE,
          payload,
          signers: [signers[i % issuers]!],
        });
        return {
          wire: encodeEnvelope(envelope),
          key: keys[i % issuers]!,
          keyObject: keyObject(keys[i % issuers]!),
          message: pae(PAYLOAD_TYPE, payload),
          signature: envelope.signatures[0]!.sig,
        };
      });
      await compare({
        case: `${issuers} issuer${issuers === 1 ? '' : 's'}, ${payloadBytes / 1024} KiB, from wire bytes`,
        sizes: { envelopes: count, issuers, payloadBytes },
        operations: count,
        peerName: 'node:crypto verify',
        ours() {
          for (const { wire, key } of items) verifyEnvelope(decodeEnvelope(wire), { keys: [key] });
        },
        peer() {
          for (const { message, keyObject: object, signature } of items) {
            if (!verify(null, message, object, signature)) refuse();
          }
        },
      });
    }
  },
};
