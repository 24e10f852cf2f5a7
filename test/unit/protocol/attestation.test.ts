// Attestations of other tools: every form they come in, what is verified, what is drawn from them, what is refused.

import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import * as at from '../../../protocol/attestation/index.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { publicKeyOfDidKey } from '../../../protocol/envelope/index.ts';
import { IMPORT_PREDICATE, verifyAgentStatement } from '../../../protocol/statement/index.ts';
import { makeAgent, refused } from '../../support/agents.ts';
import {
  cosign,
  cyclonedx,
  dsse,
  ed,
  json,
  openvex,
  pem,
  sha,
  slsaV1,
  slsaV02,
  spdx,
  spdx3,
  statement,
} from '../../support/attestations.ts';

describe('protocol/attestation: forms and proof', () => {
  const provenance = statement('https://slsa.dev/provenance/v1', slsaV1);

  it('verifies a DSSE envelope under the keys one trusts, ECDSA or Ed25519', () => {
    const one = at.importAttestation(json(dsse(provenance)), {
      keys: [pem(ed.publicKey), pem(cosign.publicKey)],
    });
    assert.equal(one.form, 'dsse');
    assert.equal(one.proof.status === 'verified' && one.proof.keys.length, 1);
    assert.match(one.proof.status === 'verified' ? (one.proof.keys[0] as string) : '', /^did:key:zDn/);
    const two = at.importAttestation(json(dsse(provenance, ed.privateKey)), { keys: [pem(ed.publicKey)] });
    assert.deepEqual(
      two.proof.status === 'verified' && publicKeyOfDidKey(two.proof.keys[0] as string),
      pem(ed.publicKey),
    );
  });

  it('refuses more values than a thread reads in a turn, before it reads them, in an envelope as well', () => {
    const values = (count: number) =>
      statement('https://slsa.dev/provenance/v1', { ...slsaV1, x: new Array(count).fill(0) });
    assert.equal(at.importAttestation(json(values(100_000))).kind, 'slsa-provenance');
    for (const many of [values(1_000_001), dsse(values(1_000_001))])
      assert.throws(() => at.importAttestation(json(many)), refused('LIMIT_EXCEEDED'));
  });

  it('reads the lines of a file one after the other, as they are asked for', () => {
    const line = JSON.stringify(provenance);
    const read = at.readAttestations(utf8(`${line}\n${line}\nnot one`));
    assert.deepEqual(read.next().value?.original, utf8(line));
    assert.equal(read.next().value?.imported.kind, 'slsa-provenance');
    assert.throws(() => read.next(), refused('DECODE_FAILED'));
  });

  it('marks it unverified without a key, under another key, below the threshold, or changed', () => {
    const envelope = dsse(provenance);
    const keys = [pem(cosign.publicKey)];
    assert.deepEqual(at.importAttestation(json(envelope)).proof, {
      status: 'unverified',
      reason: 'no trusted key was given',
    });
    assert.equal(
      at.importAttestation(json(envelope), { keys: [pem(ed.publicKey)] }).proof.status,
      'unverified',
    );
    assert.equal(at.importAttestation(json(envelope), { keys, threshold: 2 }).proof.status, 'unverified');
    assert.equal(at.importAttestation(json(envelope), { keys, threshold: 0 }).proof.status, 'verified');
    const payload = Buffer.from(json(statement('https://slsa.dev/provenance/v1', slsaV02))).toString(
      'base64',
    );
    assert.equal(at.importAttestation(json({ ...envelope, payload }), { keys }).proof.status, 'unverified');
  });

  it('reads a Sigstore bundle, a bare statement, and JSON lines', () => {
    const bundle = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {},
      dsseEnvelope: dsse(provenance),
    };
    assert.equal(
      at.importAttestation(json(bundle), { keys: [pem(cosign.publicKey)] }).proof.status,
      'verified',
    );
    const bare = at.importAttestation(json(provenance), { keys: [pem(cosign.publicKey)] });
    assert.deepEqual([bare.form, bare.envelopeId, bare.proof.status], ['statement', null, 'unverified']);
    const lines = utf8(
      `${JSON.stringify(dsse(provenance))}\n${JSON.stringify(dsse(statement('https://openvex.dev/ns', openvex)))}\n`,
    );
    assert.deepEqual(
      at.importAttestations(lines).map(({ kind }) => kind),
      ['slsa-provenance', 'openvex'],
    );
    assert.equal(at.importAttestations(json(bundle)).length, 1);
    assert.throws(() => at.importAttestations(utf8('{}\n{}')), refused('DECODE_FAILED'));
    assert.throws(() => at.importAttestations(utf8('nonsense')), refused('DECODE_FAILED'));
    assert.throws(() => at.importAttestations(utf8('{}\n'.repeat(1_025))), refused('LIMIT_EXCEEDED'));
  });

  it('names the bytes as they came', () => {
    const bytes = json(openvex);
    assert.equal(
      at.importAttestation(bytes).digest,
      `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    );
  });

  it('reads PEM keys of both curves and nothing else', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
      type: 'spki',
      format: 'pem',
    }) as string;
    const good = ed.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    for (const bad of [
      '',
      rsa,
      good.replace('PUBLIC', 'PRIVATE'),
      good.replace(/\n[A-Za-z0-9+/=]+\n/, '\nAAAA\n'),
      'x'.repeat(10_000),
    ]) {
      assert.throws(() => at.publicKeyOfPem(bad), refused('KEY_INVALID'));
    }
  });
});

describe('protocol/attestation: facts', () => {
  it('SLSA 1 and 0.2: builder and materials', () => {
    const v1 = at.importAttestation(json(statement('https://slsa.dev/provenance/v1', slsaV1)));
    assert.equal(v1.builder, 'https://build.example/builder');
    assert.deepEqual(
      v1.dependencies.map(({ digest }) => digest),
      [{ gitCommit: 'b'.repeat(40) }, { sha256: sha('c') }],
    );
    assert.deepEqual(v1.subjects, [{ name: 'app', digest: { sha256: sha('a') } }]);
    const v02 = at.importAttestation(
      json({
        ...statement('https://slsa.dev/provenance/v0.2', slsaV02),
        _type: 'https://in-toto.io/Statement/v0.1',
      }),
    );
    assert.deepEqual(
      [v02.builder, v02.dependencies.length, v02.dependencies[1]?.digest],
      ['https://build.example/old', 2, null],
    );
  });

  it('CycloneDX: root and components, digests in one spelling', () => {
    const bom = at.importAttestation(json(cyclonedx));
    assert.deepEqual(
      [bom.kind, bom.form, bom.predicateType],
      ['cyclonedx', 'document', 'https://cyclonedx.org/bom'],
    );
    assert.deepEqual(bom.subjects, [{ name: 'app', uri: 'pkg:npm/app@2.0', digest: { sha256: sha('a') } }]);
    assert.deepEqual(bom.dependencies, [
      { name: 'lib', version: '1.0', uri: 'pkg:npm/lib@1.0', digest: { sha512: 'e'.repeat(128) } },
      { name: 'bare', version: null, uri: null, digest: null },
    ]);
  });

  it('SPDX 2 and 3: described packages and the others', () => {
    const two = at.importAttestation(json(spdx));
    assert.deepEqual(
      [two.subjects.map(({ name }) => name), two.dependencies.map(({ uri }) => uri)],
      [['app'], ['pkg:npm/lib@1.0']],
    );
    const three = at.importAttestation(json(spdx3));
    assert.deepEqual(three.dependencies, [
      { name: 'lib', version: '1.0', uri: 'pkg:npm/lib@1.0', digest: { sha256: sha('f') } },
    ]);
  });

  it('OpenVEX: assessments, products, each subject once', () => {
    const vex = at.importAttestation(json(openvex));
    assert.deepEqual(vex.subjects, [{ name: 'pkg:npm/app@2.0', digest: { sha256: sha('a') } }]);
    assert.deepEqual(
      vex.assessments.map(({ vulnerability, status, products }) => [vulnerability, status, products.length]),
      [
        ['CVE-2026-0001', 'not_affected', 1],
        ['CVE-2026-0002', 'fixed', 2],
      ],
    );
    const old = {
      ...openvex,
      '@context': 'https://openvex.dev/ns',
      statements: [{ vulnerability: 'CVE-2026-0003', products: ['pkg:npm/c'], status: 'affected' }],
    };
    assert.deepEqual(at.importAttestation(json(old)).assessments, [
      { vulnerability: 'CVE-2026-0003', status: 'affected', products: ['pkg:npm/c'] },
    ]);
  });

  it('a signed statement, not the document in it, says what it is about', () => {
    assert.deepEqual(at.importAttestation(json(statement('https://cyclonedx.org/bom', cyclonedx))).subjects, [
      { name: 'app', digest: { sha256: sha('a') } },
    ]);
  });
});

describe('protocol/attestation: refusals', () => {
  const invalid: [string, unknown, string][] = [
    ['a type that is not admitted', statement('https://evil.example/v1', {}), 'DECODE_FAILED'],
    ['a look-alike of an admitted type', statement('https://slsa.dev/provenance/v1?x', {}), 'DECODE_FAILED'],
    ['a JSON document of another kind', { hello: 'world' }, 'DECODE_FAILED'],
    ['an array', [], 'DECODE_FAILED'],
    [
      'an envelope of another payload',
      { ...dsse(statement('https://spdx.dev/Document', spdx)), payloadType: 'application/json' },
      'DECODE_FAILED',
    ],
    [
      'a bundle without an envelope',
      { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json', messageSignature: {} },
      'DECODE_FAILED',
    ],
    [
      'a statement without subject',
      { ...statement('https://spdx.dev/Document', spdx), subject: [] },
      'DECODE_FAILED',
    ],
    [
      'a malformed digest',
      { ...cyclonedx, components: [{ name: 'x', hashes: [{ alg: 'SHA-256', content: 'ab' }] }] },
      'DECODE_FAILED',
    ],
    ['components that are no list', { ...cyclonedx, components: {} }, 'DECODE_FAILED'],
    ['a component that is no object', { ...cyclonedx, components: [1] }, 'DECODE_FAILED'],
    ['a name that is no text', { ...cyclonedx, components: [{ name: 1 }] }, 'DECODE_FAILED'],
    ['65,537 components', { ...cyclonedx, components: new Array(65_537).fill({}) }, 'LIMIT_EXCEEDED'],
    [
      'a name of 2,049 characters',
      { ...cyclonedx, components: [{ name: 'x'.repeat(2_049) }] },
      'LIMIT_EXCEEDED',
    ],
    ['16,385 assessments', { ...openvex, statements: new Array(16_385).fill({}) }, 'LIMIT_EXCEEDED'],
  ];
  for (const [name, value, code] of invalid) {
    it(`refuses: ${name}`, () => assert.throws(() => at.importAttestation(json(value)), refused(code)));
  }

  it('refuses duplicate keys inside the signed payload', () => {
    const payload = utf8(
      `{"_type":"x",${JSON.stringify(statement('https://spdx.dev/Document', {})).slice(1)}`,
    );
    const envelope = { ...dsse({}), payload: Buffer.from(payload).toString('base64') };
    assert.throws(() => at.importAttestation(json(envelope)), refused('DECODE_FAILED'));
  });
});

describe('protocol/attestation: record', () => {
  const agent = makeAgent(10);
  const base = { keychain: agent.keychain, signer: agent.operational, issuedAt: '2026-03-01T00:00:00Z' };

  it('becomes a statement of the importer about the same subjects', () => {
    const imported = at.importAttestation(json(dsse(statement('https://slsa.dev/provenance/v1', slsaV1))), {
      keys: [pem(cosign.publicKey)],
    });
    const { statement: record } = verifyAgentStatement(
      at.signImports({ ...base, imported })[0]!,
      IMPORT_PREDICATE,
    );
    assert.deepEqual(record.subject, [{ name: 'app', digest: { sha256: sha('a') } }]);
    const { digest, envelope, verifiedBy, kind } = record.predicate;
    assert.deepEqual(
      [digest, envelope, verifiedBy.length, kind],
      [imported.digest, imported.envelopeId, 1, 'slsa-provenance'],
    );
  });

  it('names the document itself when it says nothing of digests', () => {
    const imported = at.importAttestation(json({ ...openvex, statements: [] }));
    const { statement: record } = verifyAgentStatement(
      at.signImports({ ...base, imported })[0]!,
      IMPORT_PREDICATE,
    );
    assert.deepEqual(record.subject, [{ name: 'document', digest: { sha256: imported.digest.slice(7) } }]);
    assert.deepEqual(record.predicate.verifiedBy, []);
  });

  it('refuses more subjects than a record holds', () => {
    const many = {
      ...statement('https://slsa.dev/provenance/v1', slsaV1),
      subject: new Array(257).fill({ name: 'x', digest: { sha256: sha('a') } }),
    };
    assert.throws(
      () => at.signImports({ ...base, imported: at.importAttestation(json(many)) }),
      refused('LIMIT_EXCEEDED'),
    );
  });

  it('tells what went into the subjects, in several records where one does not hold it', () => {
    const components = Array.from({ length: 300 }, (_, i) => ({
      name: i === 0 ? `\u202e${'long'.repeat(99)}` : `c${i}`,
      hashes: [{ alg: 'SHA-256', content: i.toString(16).padStart(64, '0') }],
    }));
    const imported = at.importAttestation(json({ ...cyclonedx, components }));
    const records = at.signImports({ ...base, imported });
    const facts = records.map(
      (record) => verifyAgentStatement(record, IMPORT_PREDICATE).statement.predicate.facts!,
    );
    assert.deepEqual(
      facts.map(({ part, parts, dependencies }) => [part, parts, dependencies.length]),
      [
        [0, 3, 128],
        [1, 3, 128],
        [2, 3, 44],
      ],
    );
    assert.equal(facts[2]!.dependencies.at(-1)!.digest.sha256, (299).toString(16).padStart(64, '0'));
  });
});
