// A2A cards: the official SDK accepts what we export; what we import is unverified until a signature proves more.

import assert from 'node:assert/strict';
import {
  canonicalizeAgentCard,
  generateAgentCardSignature,
  type AgentCard as SdkCard,
  verifyAgentCardSignature,
} from '@a2a-js/sdk';
import { p256 } from '@noble/curves/nist.js';
import * as a2a from '../../../protocol/a2a/index.ts';
import { fromUtf8 } from '../../../protocol/bytes/index.ts';
import { draftCard, verifyCard } from '../../../protocol/card/index.ts';
import { didKeyOf, publicKeyOfDidKey, seedSigner } from '../../../protocol/envelope/index.ts';
import { canonicalJson, type JsonValue } from '../../../protocol/json/index.ts';
import { DRAFT, makeAgent, makeCard, publicKey, refused, seed } from '../../support/agents.ts';

const agent = makeAgent(10);
const card = verifyCard(
  makeCard(agent, { log: { origin: 'zerostate.dev/log/x', size: 1, root: `${'A'.repeat(43)}=` } }),
);
const interfaces = [{ url: 'https://agents.example/a2a', protocolBinding: 'JSONRPC' as const }];
const exported = a2a.exportA2aCard({
  card,
  interfaces,
  signer: agent.operational,
  providerUrl: 'https://example.com',
});
const b64u = (bytes: Uint8Array) => bytes.toBase64({ alphabet: 'base64url', omitPadding: true });
const ed25519Jwk = (key: Uint8Array) => ({ kty: 'OKP', crv: 'Ed25519', x: b64u(key), alg: 'EdDSA' });
const statusOf = (value: object, trusted: a2a.TrustedJwk[] = []) =>
  a2a.importA2aCard(JSON.stringify(value), { trusted }).proof;

describe('protocol/a2a: export', () => {
  it('is accepted by the official SDK, signature and all', async () => {
    const kids: string[] = [];
    const verify = verifyAgentCardSignature(async (kid) => {
      kids.push(kid);
      return ed25519Jwk(publicKeyOfDidKey(kid));
    });
    await verify(JSON.parse(JSON.stringify(exported)) as SdkCard);
    assert.deepEqual(kids, [card.card.operationalKey]);
  });

  it('has the canonical bytes that the SDK computes', () => {
    const { signatures: _, ...body } = exported;
    assert.equal(
      canonicalizeAgentCard(exported as unknown as SdkCard),
      fromUtf8(canonicalJson(body as unknown as JsonValue)),
    );
  });

  it('is refused by the SDK once a covered member changes', async () => {
    const verify = verifyAgentCardSignature(async (kid) => ed25519Jwk(publicKeyOfDidKey(kid)));
    const { debug } = console;
    console.debug = () => {};
    try {
      await assert.rejects(verify({ ...exported, name: 'Other' } as unknown as SdkCard));
      const capabilities = structuredClone(exported.capabilities);
      capabilities.extensions[0]!.params.sequence = '2';
      await assert.rejects(verify({ ...exported, capabilities } as unknown as SdkCard));
    } finally {
      console.debug = debug;
    }
  });

  it('carries identity, order, expiry and log in the extension', () => {
    const { params } = exported.capabilities.extensions[0]!;
    assert.equal(params.agentId, agent.agentId);
    assert.equal(params.cardId, card.cardId);
    assert.deepEqual([params.epoch, params.keySerial, params.sequence], ['0', '1', '1']);
    assert.deepEqual([params.expiresAt, params.log], [card.card.expiresAt, 'zerostate.dev/log/x']);
    assert.ok(Object.values(params).every((value) => typeof value === 'string' && value !== ''));
  });

  it('refuses another key, no interface, or a relative URL', () => {
    assert.throws(
      () => a2a.exportA2aCard({ card, interfaces, signer: seedSigner(seed(10)) }),
      refused('CARD_INVALID'),
    );
    assert.throws(
      () => a2a.exportA2aCard({ card, interfaces: [], signer: agent.operational }),
      refused('DECODE_FAILED'),
    );
    for (const url of ['/a2a', 'ftp://x.example', 'javascript:alert(1)']) {
      assert.throws(
        () =>
          a2a.exportA2aCard({
            card,
            interfaces: [{ url, protocolBinding: 'JSONRPC' }],
            signer: agent.operational,
          }),
        refused('DECODE_FAILED'),
      );
    }
  });
});

describe('protocol/a2a: import', () => {
  const plain = {
    name: 'Recipe agent',
    description: 'Helps with recipes.',
    supportedInterfaces: [
      { url: 'https://recipes.example/a2a', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
    ],
    version: '1.0.0',
    capabilities: { streaming: true },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [
      { id: 'Find recipes!', name: 'Find', description: 'Finds recipes.', tags: ['Cooking', 'food & drink'] },
    ],
  };
  const unsigned = {
    ...plain,
    provider: undefined,
    securitySchemes: {},
    securityRequirements: [],
    signatures: [],
    documentationUrl: '',
  };

  it('proves our own export', () => {
    const proof = statusOf(exported);
    assert.equal(proof.status, 'proven');
    assert.equal(proof.status === 'proven' && proof.card.cardId, card.cardId);
  });

  it('marks an unsigned card unverified', () => {
    assert.deepEqual(statusOf(plain), { status: 'unverified', reasons: ['the card is not signed'] });
  });

  it("accepts the SDK's signature under a trusted key or a did:key, also with empty members present", async () => {
    const jwk = { ...ed25519Jwk(publicKey(5)), d: b64u(seed(5)) };
    const trusted = [{ kid: 'k1', jwk: ed25519Jwk(publicKey(5)) }];
    for (const body of [plain, unsigned]) {
      const named = await generateAgentCardSignature(jwk, { alg: 'EdDSA', kid: 'k1', typ: 'JOSE' })(
        body as unknown as SdkCard,
      );
      assert.deepEqual(statusOf(named, trusted), {
        status: 'signed',
        signers: [{ alg: 'EdDSA', kid: 'k1', source: 'trusted' }],
      });
      assert.equal(statusOf(named).status, 'unverified', 'a key id alone proves nothing');
      const kid = didKeyOf(publicKey(5));
      const did = await generateAgentCardSignature(jwk, { alg: 'EdDSA', kid, typ: 'JOSE' })(
        body as unknown as SdkCard,
      );
      assert.deepEqual(statusOf(did), {
        status: 'signed',
        signers: [{ alg: 'EdDSA', kid, source: 'did:key' }],
      });
    }
  });

  it('accepts ES256 under a trusted key', async () => {
    const point = p256.getPublicKey(seed(7), false);
    const jwk = { kty: 'EC', crv: 'P-256', x: b64u(point.slice(1, 33)), y: b64u(point.slice(33)) };
    const signed = await generateAgentCardSignature(
      { ...jwk, d: b64u(seed(7)) },
      { alg: 'ES256', kid: 'k2', typ: 'JOSE' },
    )(unsigned as unknown as SdkCard);
    assert.equal(statusOf(signed, [{ kid: 'k2', jwk }]).status, 'signed');
    assert.equal(statusOf({ ...signed, name: 'x' }, [{ kid: 'k2', jwk }]).status, 'unverified');
    assert.equal(statusOf(signed, [{ kid: 'k2', jwk: ed25519Jwk(publicKey(5)) }]).status, 'unverified');
    assert.equal(statusOf(signed, [{ kid: 'k2', jwk: { ...jwk, x: 'AA' } }]).status, 'unverified');
    assert.equal(statusOf(signed, [{ kid: 'k2', jwk: { ...jwk, crv: 'P-384' } }]).status, 'unverified');
  });

  const swapped = structuredClone(exported);
  swapped.skills[0]!.description = 'Deletes files.';
  const resigned = (value: object, byte: number): object => {
    const signer = seedSigner(seed(byte));
    const header = b64u(canonicalJson({ alg: 'EdDSA', kid: signer.keyid, typ: 'JOSE' }));
    const { signatures: _, ...body } = value as { signatures: unknown };
    return {
      ...body,
      signatures: [
        {
          protected: header,
          signature: b64u(
            signer.sign(new TextEncoder().encode(`${header}.${b64u(canonicalJson(body as JsonValue))}`)),
          ),
        },
      ],
    };
  };
  const flip = (text: string) => (text.startsWith('A') ? `B${text.slice(1)}` : `A${text.slice(1)}`);
  const header = (value: object) => [
    { ...exported.signatures[0]!, protected: b64u(canonicalJson(value as JsonValue)) },
  ];
  const kid = card.card.operationalKey;
  function withParams(changes: { [name: string]: string }): object {
    const copy = structuredClone(exported);
    Object.assign(copy.capabilities.extensions[0]!.params, changes);
    return copy;
  }
  const lies: [string, object][] = [
    ['a changed member', swapped],
    ['a changed member, signed again by a stranger', resigned(swapped, 77)],
    ['a changed member, signed again by the agent itself', resigned(swapped, 12)],
    ["another agent's card, signed by a stranger", resigned(exported, 77)],
    [
      'a changed expiry in the extension, signed by the agent itself',
      resigned(withParams({ expiresAt: '2036-01-01T00:00:00Z' }), 12),
    ],
    [
      'one fact more in the extension, signed by the agent itself',
      resigned(withParams({ trusted: 'yes' }), 12),
    ],
    ['an extension without the card', resigned(withParams({ card: '' }), 12)],
    ['an extension with a card that is no base64', resigned(withParams({ card: '*' }), 12)],
    [
      'a changed signature',
      {
        ...exported,
        signatures: [{ ...exported.signatures[0]!, signature: flip(exported.signatures[0]!.signature) }],
      },
    ],
    ['alg none', { ...exported, signatures: header({ alg: 'none', kid }) }],
    ['no kid', { ...exported, signatures: header({ alg: 'EdDSA' }) }],
    [
      'a critical header',
      { ...exported, signatures: header({ alg: 'EdDSA', kid, crit: ['b64'], b64: false }) },
    ],
    [
      'a header that is no JSON',
      { ...exported, signatures: [{ ...exported.signatures[0]!, protected: 'AAAA' }] },
    ],
    [
      'padding',
      {
        ...exported,
        signatures: [{ ...exported.signatures[0]!, signature: `${exported.signatures[0]!.signature}==` }],
      },
    ],
    ['a signature that is a number', { ...exported, signatures: [1] }],
    [
      'a did:key of another curve',
      { ...exported, signatures: header({ alg: 'EdDSA', kid: 'did:key:zDnae' }) },
    ],
  ];
  for (const [name, value] of lies) {
    it(`stays unverified: ${name}`, () => assert.equal(statusOf(value).status, 'unverified'));
  }

  it('refuses what is no A2A card, and what is too much', () => {
    for (const value of [[], { name: 'x' }, 'x'])
      assert.throws(() => statusOf(value as object), refused('DECODE_FAILED'));
    assert.throws(() => statusOf({ ...plain, signatures: new Array(9).fill({}) }), refused('LIMIT_EXCEEDED'));
    assert.throws(() => statusOf({ ...plain, description: 'x'.repeat(300_000) }), refused('LIMIT_EXCEEDED'));
    assert.throws(
      () => a2a.importA2aCard('{"name":"a","name":"b","description":"c"}'),
      refused('DECODE_FAILED'),
    );
  });

  it('suggests a draft that we accept, whatever the strangers wrote', () => {
    const draft = a2a.draftOfA2aCard({ value: plain as unknown as { [name: string]: JsonValue } }, 'eu-west');
    assert.deepEqual(draft.capabilities, [
      { name: 'find-recipes', description: 'Finds recipes.', tags: ['cooking', 'food-drink'] },
    ]);
    const wild = {
      name: '\u202e\u0000',
      description: 'x'.repeat(10_000),
      skills: [{ id: '---', tags: [1, '', 'a', 'A'] }, 7, {}],
      provider: { organization: '\u0007' },
    };
    assert.equal(
      draftCard(a2a.draftOfA2aCard({ value: wild as unknown as { [name: string]: JsonValue } }, 'eu-west'))
        .name,
      'A2A agent',
    );
    assert.equal(DRAFT.sla, 'standard');
  });
});
