// The ways in which a file of the corpus is made invalid: those of the published vectors, for each organisation's own statements.
// Each takes a valid file and answers one that nobody may accept.

import { fromBase64, fromUtf8, toBase64, utf8 } from '../../protocol/bytes/index.ts';
import { type Envelope, encodeEnvelope, envelopeToJson } from '../../protocol/envelope/index.ts';
import { keychainToJson } from '../../protocol/identity/index.ts';
import type { JsonObject, JsonValue } from '../../protocol/json/index.ts';
import type { RandomStream } from '../../sim/random.ts';
import { makeAgent } from '../support/agents.ts';
import { resign } from '../vectors/resign.ts';
import type { Authored } from './statements.ts';

/** A way to spoil an agent's statement; `applies` when it is about some kinds only. */
export interface Damage {
  readonly name: string;
  readonly applies?: Authored['kind'];
  /** Kinds for which it is not wrong. */
  readonly spares?: Authored['kind'];
  spoil(from: Authored, random: RandomStream): Uint8Array;
}

/** Seed byte of somebody who belongs to no organisation. */
const STRANGER = 200;
/** Order of the Ed25519 group, RFC 8032. */
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const text = (value: JsonValue | object): Uint8Array => utf8(JSON.stringify(value));
const flipped = (bytes: Uint8Array, random: RandomStream): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[random.below(copy.length)]! ^= 1 << random.below(8);
  return copy;
};
const withSignature = (envelope: Envelope, change: (signature: Uint8Array) => Uint8Array): Uint8Array =>
  encodeEnvelope({
    ...envelope,
    signatures: envelope.signatures.map((one) => ({ ...one, sig: change(one.sig) })),
  });

/** S + L: the same point, another number. Accepted by lax verifiers. */
function malleated(signature: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(signature);
  let s = 0n;
  for (let i = 63; i >= 32; i--) s = (s << 8n) | BigInt(copy[i]!);
  s += GROUP_ORDER;
  for (let i = 32; i < 64; i++, s >>= 8n) copy[i] = Number(s & 0xffn);
  return copy;
}

/** What is said is changed, and signed again by the same key: only the content is left to refuse. */
const says =
  (change: (body: JsonObject) => JsonValue) =>
  ({ envelope, seed }: Authored): Uint8Array =>
    text(resign(envelope, change, seed + 2));
const predicate =
  (change: JsonObject) =>
  (body: JsonObject): JsonObject => ({
    ...body,
    predicate: { ...(body.predicate as JsonObject), ...change },
  });
const result = (change: JsonObject) =>
  says((body) => {
    const said = body.predicate as JsonObject;
    const part = said.deterministic as JsonObject;
    const changed = { ...part, result: { ...(part.result as JsonObject), ...change } };
    return { ...body, predicate: { ...said, deterministic: changed } };
  });

const SIGNATURES: readonly Damage[] = [
  {
    name: 'a bit of the signature',
    spoil: ({ envelope }, random) => withSignature(envelope, (sig) => flipped(sig, random)),
  },
  {
    name: 'a signature of zeroes',
    spoil: ({ envelope }) => withSignature(envelope, (sig) => new Uint8Array(sig.length)),
  },
  { name: 'a short signature', spoil: ({ envelope }) => text(shortened(envelope)) },
  { name: 'S of another multiple', spoil: ({ envelope }) => withSignature(envelope, malleated) },
  { name: 'no signature', spoil: ({ envelope }) => text({ ...envelopeToJson(envelope), signatures: [] }) },
  {
    name: 'a bit of the payload',
    spoil: ({ envelope }, random) =>
      encodeEnvelope({ ...envelope, payload: flipped(envelope.payload, random) }),
  },
  {
    name: 'another payload type',
    spoil: ({ envelope }) => encodeEnvelope({ ...envelope, payloadType: 'application/vnd.example+json' }),
  },
  { name: 'signed by a stranger', spoil: ({ envelope }) => text(resign(envelope, (body) => body, STRANGER)) },
  {
    name: 'signed by the identity key',
    spoil: ({ envelope, seed }) => text(resign(envelope, (body) => body, seed)),
    spares: 'revocation',
  },
  { name: 'cut short', spoil: ({ envelope }) => encodeEnvelope(envelope).slice(0, -1) },
  { name: 'one byte more', spoil: ({ envelope }) => Uint8Array.from([...encodeEnvelope(envelope), 0]) },
];

function shortened(envelope: Envelope): JsonObject {
  const form = envelopeToJson(envelope) as unknown as { signatures: { sig: string }[] } & JsonObject;
  const signatures = form.signatures.map((one) => ({
    ...one,
    sig: toBase64(fromBase64(one.sig).slice(0, 63)),
  }));
  return { ...form, signatures };
}

const AUTHORS: readonly Damage[] = [
  { name: 'another issuer', spares: 'card', spoil: says(predicate({ issuer: makeAgent(STRANGER).agentId })) },
  {
    name: 'the keychain of a stranger',
    spares: 'card',
    spoil: says(
      predicate({ keychain: keychainToJson(makeAgent(STRANGER).keychain) as unknown as JsonValue }),
    ),
  },
  { name: 'no keychain', spares: 'card', spoil: says(predicate({ keychain: null })) },
  { name: 'no subject', spares: 'card', spoil: says((body) => ({ ...body, subject: [] })) },
  {
    name: 'another subject',
    spares: 'card',
    spoil: says((body) => ({ ...body, subject: [{ name: 'x', digest: { sha256: '00'.repeat(32) } }] })),
  },
  {
    name: 'dated after the delegation',
    spares: 'card',
    spoil: says(predicate({ issuedAt: '2027-01-01T00:00:00Z' })),
  },
  { name: 'a time that is none', spares: 'card', spoil: says(predicate({ issuedAt: 'yesterday' })) },
  { name: 'an unknown member', spares: 'card', spoil: says(predicate({ more: 1 })) },
  {
    name: 'an unknown predicate type',
    spares: 'card',
    spoil: says((body) => ({ ...body, predicateType: 'https://zerostate.dev/unheard/v1' })),
  },
  {
    name: 'an agent id of a stranger',
    applies: 'card',
    spoil: says((body) => ({ ...body, agentId: makeAgent(STRANGER).agentId })),
  },
  { name: 'no keychain in a card', applies: 'card', spoil: says((body) => ({ ...body, keychain: null })) },
  { name: 'sequence 0 of a card', applies: 'card', spoil: says((body) => ({ ...body, sequence: 0 })) },
];

const CONTENTS: readonly Damage[] = [
  { name: 'an end that cannot be replayed', applies: 'receipt', spoil: result({ status: 'TIMEOUT' }) },
  { name: 'more fuel than the limit', applies: 'receipt', spoil: result({ fuel: '1000001' }) },
  { name: 'fuel as a number', applies: 'receipt', spoil: result({ fuel: 4242 }) },
  { name: 'fuel with a leading zero', applies: 'receipt', spoil: result({ fuel: '04242' }) },
  {
    name: 'a digest in upper case',
    applies: 'receipt',
    spoil: result({ stdoutDigest: `sha256:${'A'.repeat(64)}` }),
  },
  {
    name: 'a result other than the one that was signed apart',
    applies: 'receipt',
    spoil: result({ stderrDigest: `sha256:${'b'.repeat(64)}` }),
  },
  { name: 'sequence 0', applies: 'revocation', spoil: says(predicate({ sequence: 0 })) },
  {
    name: 'a second one without a previous one',
    applies: 'revocation',
    spoil: says(predicate({ sequence: 2, previous: null })),
  },
  {
    name: 'a key, by the operational key',
    applies: 'revocation',
    spoil: says(predicate({ target: { kind: 'key', id: makeAgent(STRANGER).operational.keyid } })),
  },
  {
    name: 'a target that is no id',
    applies: 'revocation',
    spoil: says(predicate({ target: { kind: 'card', id: 'x' } })),
  },
  {
    name: 'a target of an unknown kind',
    applies: 'revocation',
    spoil: says(predicate({ target: { kind: 'log', id: 'x' } })),
  },
  { name: 'a kind that is not known', applies: 'import', spoil: says(predicate({ kind: 'gossip' })) },
  { name: 'no bytes', applies: 'import', spoil: says(predicate({ bytes: -1 })) },
  { name: 'a digest that is none', applies: 'import', spoil: says(predicate({ digest: 'sha256:00' })) },
];

/** Every way to spoil a statement of this kind. */
export function damagesOf(kind: Authored['kind']): readonly Damage[] {
  return [...SIGNATURES, ...AUTHORS, ...CONTENTS].filter(
    ({ applies, spares }) => (applies === undefined || applies === kind) && spares !== kind,
  );
}

/** Ways to spoil a signed file of a build tool: DSSE in JSON. */
export const ATTESTATION_DAMAGES: readonly {
  name: string;
  spoil(bytes: Uint8Array, random: RandomStream): Uint8Array;
}[] = [
  {
    name: 'a bit of the signed payload',
    spoil: changed((form, random) => ({
      ...form,
      payload: toBase64(flipped(fromBase64(form.payload as string), random)),
    })),
  },
  {
    name: 'a bit of the tool’s signature',
    spoil: changed((form, random) => ({
      ...form,
      signatures: spoiledSignatures(form, (sig) => flipped(sig, random)),
    })),
  },
  {
    name: 'S of another multiple, of the tool',
    spoil: changed((form) => ({ ...form, signatures: spoiledSignatures(form, malleated) })),
  },
  { name: 'no signature of the tool', spoil: changed((form) => ({ ...form, signatures: [] })) },
  {
    name: 'another payload type of the tool',
    spoil: changed((form) => ({ ...form, payloadType: 'application/vnd.other+json' })),
  },
  { name: 'cut short, of the tool', spoil: (bytes) => bytes.slice(0, -1) },
];

function changed(change: (form: JsonObject, random: RandomStream) => JsonObject) {
  return (bytes: Uint8Array, random: RandomStream): Uint8Array =>
    text(change(JSON.parse(fromUtf8(bytes)) as JsonObject, random));
}

function spoiledSignatures(form: JsonObject, change: (sig: Uint8Array) => Uint8Array): JsonValue {
  return (form.signatures as { sig: string }[]).map((one) => ({
    ...one,
    sig: toBase64(change(fromBase64(one.sig))),
  }));
}

/** Ways to spoil a log proof, a text. */
export const PROOF_DAMAGES: readonly { name: string; spoil(proof: string, random: RandomStream): string }[] =
  [
    {
      name: 'another index',
      spoil: (proof) => proof.replace(/^index (\d+)$/m, (_, n) => `index ${Number(n) ^ 1}`),
    },
    { name: 'a sibling less', spoil: (proof) => proof.replace(/^(index \d+\n)[^\n]+\n/m, '$1') },
    {
      name: 'siblings in another order',
      spoil: (proof) => proof.replace(/^(index \d+\n)([^\n]+)\n([^\n]+)\n/m, '$1$3\n$2\n'),
    },
    {
      name: 'a root of somebody else',
      spoil: (proof, random) =>
        proof.replace(/^(zerostate\S*\n\d+\n)[^\n]+$/m, (_, head) => `${head}${toBase64(random.bytes(32))}`),
    },
    {
      name: 'a head of another size',
      spoil: (proof) =>
        proof.replace(/^(zerostate\S*\n)(\d+)$/m, (_, origin, size) => `${origin}${Number(size) + 1}`),
    },
    {
      name: 'another record',
      spoil: (proof, random) =>
        proof.replace(
          /^extra (\S+)$/m,
          (_, record) =>
            `extra ${toBase64(Uint8Array.from([1, ...flipped(fromBase64(record).slice(1), random)]))}`,
        ),
    },
    { name: 'no record', spoil: (proof) => proof.replace(/^extra \S+\n/m, '') },
    { name: 'a head that nobody signed', spoil: (proof) => proof.replace(/\n— [^\n]+\n$/, '\n') },
  ];
