// Updates of a payment channel, signed by the payer and acknowledged by the payee (both machines, four signatures' work), against bare signing and
// verifying of two messages of the same size. No disk and no network: what the protocol costs by itself.

import { initialState, stepChannel } from '../../protocol/channel/index.ts';
import { signEd25519, verifyEd25519 } from '../../protocol/crypto/index.ts';
import { publicKey, seed } from '../support/agents.ts';
import { AGENTS, TERMS } from '../support/channel-world.ts';
import type { Bench } from './bench.ts';

const UPDATES = 200;
const KEYS = [12, 42].map((byte) => ({ secret: seed(byte), key: publicKey(byte) }));

export const bench: Bench = {
  name: 'channel',
  summary:
    'updates of a payment channel, signed and acknowledged, against two bare signatures and their checks',
  // The strict reading of two messages and their digests beside two signatures and two checks.
  bar: { sign: '>=', value: 0.4 },
  async run({ sizes, compare, random }) {
    const bytes = random('messages').bytes(260);
    const context = (side: 'payer' | 'payee') => ({
      nowMs: 0,
      signer: AGENTS[side].operational,
      receipts: () => undefined,
    });
    for (const updates of sizes([UPDATES], [UPDATES])) {
      await compare({
        case: `${updates} updates`,
        sizes: { updates },
        operations: updates,
        peerName: 'bare Ed25519',
        async ours() {
          let payer = { ...initialState('payer', TERMS), phase: 'open' as const } as ReturnType<
            typeof initialState
          >;
          let payee = { ...initialState('payee', TERMS), phase: 'open' as const } as ReturnType<
            typeof initialState
          >;
          for (let n = 0; n < updates; n++) {
            const change = { pays: [{ task: null, amount: 1n, reference: `step-${n}` }] };
            const sent = stepChannel(payer, { type: 'change', change }, context('payer'));
            const [update] = sent.effects;
            if (update?.type !== 'send') throw new Error(JSON.stringify(sent.verdict));
            const taken = stepChannel(payee, { type: 'update', envelope: update.envelope }, context('payee'));
            const [ack] = taken.effects;
            if (ack?.type !== 'send') throw new Error(JSON.stringify(taken.verdict));
            payer = stepChannel(sent.state, { type: 'ack', envelope: ack.envelope }, context('payer')).state;
            payee = taken.state;
          }
        },
        async peer() {
          for (let n = 0; n < updates; n++) {
            for (const { key, secret } of KEYS) {
              const message = Uint8Array.from(bytes);
              message[0] = n;
              verifyEd25519(key, message, signEd25519(secret, message));
            }
          }
        },
      });
    }
  },
};
