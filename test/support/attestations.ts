// Attestations as other tools write them, signed with keys made for the run.

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { publicKeyOfPem } from '../../protocol/attestation/index.ts';
import { utf8 } from '../../protocol/bytes/index.ts';
import { pae } from '../../protocol/envelope/index.ts';

export const sha = (c: string) => c.repeat(64);
export const json = (value: unknown) => utf8(JSON.stringify(value));
export const payloadType = 'application/vnd.in-toto+json';
export const cosign = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const ed = generateKeyPairSync('ed25519');
export const pem = (key: KeyObject) => publicKeyOfPem(key.export({ type: 'spki', format: 'pem' }) as string);

export function statement(predicateType: string, predicate: unknown) {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'app', digest: { sha256: sha('a') } }],
    predicateType,
    predicate,
  };
}

// As cosign writes it: DER signature, empty key id, members that DSSE does not know.
export function dsse(value: unknown, key: KeyObject = cosign.privateKey) {
  const payload = json(value);
  const sig = sign(
    key.asymmetricKeyType === 'ed25519' ? null : 'sha256',
    pae(payloadType, payload),
    key,
  ).toString('base64');
  return {
    payloadType,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [{ keyid: '', sig, cert: '-----BEGIN CERTIFICATE-----\n' }],
  };
}

export const slsaV1 = {
  buildDefinition: {
    buildType: 'https://build.example/v1',
    externalParameters: {},
    resolvedDependencies: [
      { uri: 'git+https://code.example/app', digest: { gitCommit: 'b'.repeat(40) } },
      { name: 'lib', digest: { sha256: sha('c') } },
    ],
  },
  runDetails: { builder: { id: 'https://build.example/builder' } },
};
export const slsaV02 = {
  builder: { id: 'https://build.example/old' },
  buildType: 'x',
  materials: [
    { uri: 'git+https://code.example/app', digest: { sha1: 'd'.repeat(40) } },
    { uri: 'https://runner.example/image' },
  ],
};
export const cyclonedx = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  metadata: {
    component: {
      name: 'app',
      version: '2.0',
      purl: 'pkg:npm/app@2.0',
      hashes: [{ alg: 'SHA-256', content: sha('A') }],
    },
  },
  components: [
    {
      type: 'library',
      name: 'lib',
      version: '1.0',
      purl: 'pkg:npm/lib@1.0',
      hashes: [
        { alg: 'SHA-512', content: 'e'.repeat(128) },
        { alg: 'BLAKE3', content: 'zz' },
      ],
    },
    { type: 'library', name: 'bare' },
  ],
};
export const spdx = {
  spdxVersion: 'SPDX-2.3',
  SPDXID: 'SPDXRef-DOCUMENT',
  name: 'app',
  packages: [
    {
      SPDXID: 'SPDXRef-app',
      name: 'app',
      versionInfo: '2.0',
      checksums: [{ algorithm: 'SHA256', checksumValue: sha('a') }],
    },
    {
      SPDXID: 'SPDXRef-lib',
      name: 'lib',
      externalRefs: [
        { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: 'pkg:npm/lib@1.0' },
      ],
    },
  ],
  relationships: [
    { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: 'SPDXRef-app' },
  ],
};
export const spdx3 = {
  '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld',
  '@graph': [
    { type: 'SpdxDocument' },
    {
      type: 'software_Package',
      name: 'lib',
      software_packageVersion: '1.0',
      software_packageUrl: 'pkg:npm/lib@1.0',
      verifiedUsing: [{ type: 'Hash', algorithm: 'sha256', hashValue: sha('f') }],
    },
  ],
};
export const openvex = {
  '@context': 'https://openvex.dev/ns/v0.2.0',
  '@id': 'https://vex.example/1',
  author: 'Example',
  timestamp: '2026-01-01T00:00:00Z',
  version: 1,
  statements: [
    {
      vulnerability: { name: 'CVE-2026-0001' },
      products: [{ '@id': 'pkg:npm/app@2.0', hashes: { 'sha-256': sha('a') } }],
      status: 'not_affected',
      justification: 'vulnerable_code_not_present',
    },
    {
      vulnerability: { name: 'CVE-2026-0002' },
      products: [{ '@id': 'pkg:npm/app@2.0', hashes: { 'sha-256': sha('a') } }, { '@id': 'pkg:npm/b' }],
      status: 'fixed',
    },
  ],
};
