// The published schemas say what the readers do: both accept the samples, both refuse each broken member; each has its page.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020.js';
import { verifyCard } from '../../../protocol/card/index.ts';
import {
  didKeyOf,
  type Envelope,
  envelopeId,
  seedSigner,
  signEnvelope,
} from '../../../protocol/envelope/index.ts';
import {
  canonicalJson,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from '../../../protocol/json/index.ts';
import * as st from '../../../protocol/statement/index.ts';
import {
  makeAgent,
  makeCard,
  makeDeterministic,
  makeTerms,
  OBSERVED,
  publicKey,
  seed,
} from '../../support/agents.ts';

const ROOT = new URL('../../../', import.meta.url);
const SCHEMAS = new URL('protocol/statement/schemas/', ROOT);
const agent = makeAgent(10);
const issuedAt = '2026-03-01T00:00:00Z';
const digest = `sha256:${'a'.repeat(64)}`;
const someId = envelopeId({ payloadType: 'x', payload: new Uint8Array() });
const otherId = envelopeId({ payloadType: 'y', payload: new Uint8Array() });

const compiler = new Ajv2020.default({
  allErrors: false,
  strict: true,
  strictTypes: false,
  strictRequired: false,
});
const readJson = (url: URL) => JSON.parse(readFileSync(url, 'utf8')) as JsonObject;
const nameOf = (type: string) => type.split('/').at(-2) as string;

const samples: [st.OwnPredicateType, JsonObject][] = [
  [
    st.RECEIPT_PREDICATE,
    {
      issuedAt,
      deterministic: makeDeterministic() as unknown as JsonValue,
      observed: { ...OBSERVED, requester: agent.agentId },
    },
  ],
  [
    st.RECEIPT_PREDICATE,
    {
      issuedAt,
      deterministic: makeDeterministic({
        status: 'TRAP',
        exitCode: null,
        trap: 'unreachable',
      }) as unknown as JsonValue,
      observed: OBSERVED,
    },
  ],
  [st.CARD_EVENT_PREDICATE, { issuedAt, event: 'updated', card: someId, sequence: 2, previous: someId }],
  [
    st.REVOCATION_PREDICATE,
    {
      issuedAt,
      sequence: 2,
      previous: someId,
      target: { kind: 'card', id: someId, through: { epoch: 0, keySerial: 1, sequence: 1 } },
      reason: 'wrong',
    },
  ],
  [
    st.REVOCATION_PREDICATE,
    { issuedAt, sequence: 1, previous: null, target: { kind: 'agent', id: agent.agentId }, reason: 'end' },
  ],
  [
    st.REVOCATION_PREDICATE,
    {
      issuedAt,
      sequence: 1,
      previous: null,
      target: { kind: 'key', id: didKeyOf(publicKey(12)) },
      reason: 'lost',
    },
  ],
  [
    st.REPUTATION_EVENT_PREDICATE,
    { issuedAt, about: agent.agentId, kind: 'task-failed', value: -10, evidence: [someId], note: 'late' },
  ],
  [
    st.DECISION_PREDICATE,
    {
      issuedAt,
      action: 'task.run',
      resource: { name: 'module', digest },
      verdict: 'deny',
      tier: 'risky',
      degraded: true,
      asOf: issuedAt,
      policyDigest: digest,
      reasons: [{ check: 'revocation', ok: false, detail: '' }],
      evidence: [],
    },
  ],
  [
    st.IMPORT_PREDICATE,
    {
      issuedAt,
      kind: 'spdx',
      predicateType: 'https://spdx.dev/Document',
      form: 'dsse',
      digest,
      bytes: 9,
      envelope: someId,
      verifiedBy: ['did:key:zDnae'],
      subjects: [{ name: 'app', digest: { sha256: 'b'.repeat(64), gitCommit: 'c'.repeat(40), other: 'x' } }],
    },
  ],
  [
    st.IMPORT_PREDICATE,
    {
      issuedAt,
      kind: 'openvex',
      predicateType: 'https://openvex.dev/ns',
      form: 'document',
      digest,
      bytes: 9,
      envelope: null,
      verifiedBy: [],
      subjects: [{ name: 'app', digest: { sha256: 'b'.repeat(64) } }],
      facts: {
        builder: null,
        dependencies: [{ name: 'lib', digest: { sha256: 'd'.repeat(64) } }],
        assessments: [{ vulnerability: 'CVE-2026-0001', status: 'not_affected' }],
        part: 0,
        parts: 1,
      },
    },
  ],
  [
    st.ACCEPTANCE_PREDICATE,
    {
      issuedAt,
      receipt: someId,
      executor: agent.agentId,
      taskId: 'task-1',
      manifest: someId,
      resultDigest: digest,
      price: { amount: '12', currency: 'ZST' },
    },
  ],
  [
    st.COMPARISON_PREDICATE,
    {
      issuedAt,
      taskId: 'task-1',
      jobDigest: digest,
      runs: [
        { receipt: someId, executor: agent.agentId, resultDigest: digest },
        { receipt: otherId, executor: makeAgent(20).agentId, resultDigest: digest },
      ],
      outcome: 'agreed',
      resultDigest: digest,
    },
  ],
  [
    st.QUARANTINE_ORDER_PREDICATE,
    {
      issuedAt,
      sequence: 1,
      targets: [
        { kind: 'agent', id: makeAgent(20).agentId },
        { kind: 'module', id: someId },
        { kind: 'peer', id: '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN' },
      ],
      regions: ['eu-west'],
      expiresAt: '2026-03-20T00:00:00Z',
      reason: 'odd results',
      evidence: [otherId],
      release: { by: [agent.agentId, makeAgent(20).agentId], threshold: 1 },
    },
  ],
  [
    st.QUARANTINE_RELEASE_PREDICATE,
    { issuedAt, sequence: 2, order: someId, reason: 'mended', evidence: [otherId] },
  ],
  [
    st.SEALED_PREDICATE,
    {
      issuedAt,
      sealedType: 'https://slsa.dev/provenance/v1',
      subjects: [{ name: 'app', digest: { sha256: 'b'.repeat(64) } }],
      commitment: digest,
      disclosures: ['a'.repeat(64), 'b'.repeat(64)],
    },
  ],
  [
    st.SEALED_PREDICATE,
    { issuedAt, sealedType: null, subjects: [], commitment: digest, disclosures: ['a'.repeat(64)] },
  ],
  [st.CHANNEL_OPEN_PREDICATE, { issuedAt, ...makeTerms({ payee: agent.agentId }) }],
  [st.CHANNEL_ACCEPT_PREDICATE, { issuedAt, channel: someId }],
  [
    st.CHANNEL_CLOSE_PREDICATE,
    {
      issuedAt,
      channel: someId,
      kind: 'unilateral',
      update: 'AAAA',
      ack: 'AAA=',
      agreement: null,
      claims: [{ task: 'task-1', receipt: someId }],
    },
  ],
  [
    st.LEDGER_POSTING_PREDICATE,
    {
      issuedAt,
      posting: 'p-1',
      kind: 'issue',
      currency: 'ZST',
      lines: [
        { account: `issuance:${agent.agentId}`, amount: '-5' },
        { account: `agent:${agent.agentId}`, amount: '5' },
      ],
      memo: '',
    },
  ],
];

function statementOf(type: st.OwnPredicateType, predicate: JsonObject): Envelope {
  const draft = { ...samples.find(([name]) => name === type)![1], ...predicate } as never;
  return st.signAgentStatement({
    predicateType: type,
    predicate: draft,
    keychain: agent.keychain,
    signer: seedSigner(seed(type === st.REVOCATION_PREDICATE ? 10 : 12)),
  });
}

// Each place of a value, without the keychain, whose envelopes have their own tests.
function places(value: JsonValue, at: (string | number)[] = []): (string | number)[][] {
  if (value === null || typeof value !== 'object') return [at];
  const entries = Array.isArray(value)
    ? value.map((item, i) => [i, item] as const)
    : Object.entries(value).filter(([name]) => name !== 'keychain');
  return [at, ...entries.flatMap(([name, member]) => places(member as JsonValue, [...at, name]))];
}

function change(
  value: JsonValue,
  [head, ...rest]: (string | number)[],
  by: (before: JsonValue) => JsonValue | undefined,
): JsonValue | undefined {
  if (head === undefined) return by(value);
  const copy = (Array.isArray(value) ? [...value] : { ...(value as JsonObject) }) as JsonObject;
  const changed = change(copy[head] as JsonValue, rest, by);
  if (changed === undefined && Array.isArray(copy)) copy.splice(Number(head), 1);
  else if (changed === undefined) delete copy[head];
  else copy[head] = changed;
  return copy;
}

const breaks: ((before: JsonValue) => JsonValue | undefined)[] = [
  () => undefined,
  () => null,
  () => true,
  () => 0,
  () => -101,
  () => 1.5,
  () => '',
  () => 'x',
  () => 'é\n',
  () => 'x'.repeat(3_000),
  () => [],
  () => ({}),
  (before) =>
    typeof before === 'object' && before !== null && !Array.isArray(before)
      ? { ...before, extra: 1 }
      : [before],
  (before) => (Array.isArray(before) ? [...before, ...before] : before),
];

// Where the reader knows more than JSON Schema can say: other members of the object, days of the calendar, characters.
const BEYOND =
  /exitCode|trap|fuel|previous|sequence|envelope|verifiedBy|status|outcome|names one|is not sorted|has control characters/;

function verdictOf(read: () => unknown): { ok: boolean; message: string } {
  try {
    read();
    return { ok: true, message: '' };
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  }
}

function agree(validate: ValidateFunction, value: JsonValue, read: () => unknown, what: string): void {
  const verdict = verdictOf(read);
  const bySchema = validate(value);
  if (bySchema && !verdict.ok && BEYOND.test(verdict.message)) return;
  assert.equal(
    bySchema,
    verdict.ok,
    `${what}: schema says ${JSON.stringify(validate.errors)}, reader says ${verdict.message}`,
  );
}

describe('published schemas', () => {
  it('exist for every predicate type of ours, each with a page that names every member', () => {
    const names = st.OWN_PREDICATE_TYPES.map(nameOf).sort();
    assert.deepEqual(
      readdirSync(SCHEMAS).sort(),
      names.map((name) => `${name}.v1.json`),
    );
    for (const name of names) {
      const page = readFileSync(new URL(`docs/reference/predicates/${name}.md`, ROOT), 'utf8');
      const { properties } = readJson(new URL(`${name}.v1.json`, SCHEMAS)) as { properties: JsonObject };
      for (const member of Object.keys(properties))
        assert.ok(page.includes(`\`${member}\``), `${name}.md does not name ${member}`);
    }
  });

  for (const [i, [type, sample]] of samples.entries()) {
    it(`agree with the reader: ${nameOf(type)} ${i}`, () => {
      const validate = compiler.compile({
        ...readJson(new URL(`${nameOf(type)}.v1.json`, SCHEMAS)),
        $id: `urn:test:${i}`,
      });
      const { predicate } = parseStrictJson(statementOf(type, sample).payload) as { predicate: JsonObject };
      assert.ok(validate(predicate), JSON.stringify(validate.errors));
      for (const place of places(predicate)) {
        for (const [n, by] of breaks.entries()) {
          const broken = change(predicate, place, by);
          if (broken === undefined) continue;
          agree(validate, broken, () => st.subjectsOf(type, broken), `${place.join('.')} break ${n}`);
        }
      }
    });
  }

  it('agree with the reader: agent card', () => {
    const validate = compiler.compile(readJson(new URL('protocol/card/schemas/agent-card.v1.json', ROOT)));
    const prices = [{ unit: 'fuel', amount: '3', currency: 'EUR', per: '1000000' }];
    const draft = { ...parseDraft(), prices, extensions: { 'https://example.com/x': { a: 1 } } };
    const log = { origin: 'o', size: 1, root: `${'A'.repeat(43)}=` };
    const envelope = makeCard(agent, { draft: draft as never, log });
    const card = parseStrictJson(envelope.payload) as JsonObject;
    assert.ok(validate(card), JSON.stringify(validate.errors));
    const agreement =
      /names another|lives longer|expires before|outlives|an extension is larger|has no previous/;
    for (const place of places(card).filter(([head]) => head !== 'extensions')) {
      for (const [n, by] of breaks.entries()) {
        const broken = change(card, place, by);
        if (broken === undefined) continue;
        const signed = signEnvelope({
          payloadType: envelope.payloadType,
          payload: canonicalJson(broken),
          signers: [agent.operational],
        });
        const verdict = verdictOf(() => verifyCard(signed));
        if (agreement.test(verdict.message) || BEYOND.test(verdict.message)) continue;
        assert.equal(
          validate(broken),
          verdict.ok,
          `${place.join('.')} break ${n}: ${JSON.stringify(validate.errors)} / ${verdict.message}`,
        );
      }
    }
  });

  it('the JSON-LD context of cards has a term for every member', () => {
    const context = readJson(new URL('protocol/card/schemas/context.v1.json', ROOT))[
      '@context'
    ] as JsonObject;
    const { properties } = readJson(new URL('protocol/card/schemas/agent-card.v1.json', ROOT)) as {
      properties: JsonObject;
    };
    for (const member of Object.keys(properties))
      if (member !== '@context') assert.ok(Object.hasOwn(context, member), member);
  });
});

function parseDraft(): JsonObject {
  const card = parseStrictJson(makeCard(agent).payload) as JsonObject;
  const names = [
    'name',
    'description',
    'region',
    'operator',
    'capabilities',
    'tags',
    'languages',
    'prices',
    'sla',
  ];
  return Object.fromEntries(names.map((name) => [name, card[name] as JsonValue]));
}
