// The supply chain of the repository itself: licences, secrets, the bill of materials, advisories, and what a release says of itself.

import { deepEqual, equal, match, notEqual } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { importAttestations } from '../../../protocol/attestation/index.ts';
import { releaseStatement } from '../../../scripts/release/statement.ts';
import { readTree } from '../../../scripts/source/tree.ts';
import { atLeast, readAudit } from '../../../scripts/supply/advisories.ts';
import { type Bom, schemaErrors, settled } from '../../../scripts/supply/sbom.ts';
import { entropyOf, secretByName, secretsIn } from '../../../scripts/supply/secret-rules.ts';
import { checkLicences, isLicenceAllowed } from '../../../scripts/tidy/licences.ts';
import { tempTree } from '../../support/temp-tree.ts';

const TIME = '2026-03-01T12:00:00.000Z';
const allowed = new Set(['MIT', 'ISC', 'Apache-2.0']);

describe('licences', () => {
  it('an expression is met by one side of OR and both of AND', () => {
    for (const text of [
      'MIT',
      '(MIT OR GPL-3.0-only)',
      'GPL-2.0 OR (MIT AND ISC)',
      '((MIT))',
      'MIT AND Apache-2.0',
    ])
      equal(isLicenceAllowed(text, allowed), true, text);
    for (const text of [
      '',
      'GPL-3.0-only',
      'MIT AND GPL-3.0-only',
      'MIT OR',
      '(MIT',
      'MIT)',
      'MIT ISC',
      'MIT WITH Classpath-exception-2.0',
      'SEE LICENSE IN LICENSE',
      `${'('.repeat(100)}MIT${')'.repeat(100)}`,
    ])
      equal(isLicenceAllowed(text, allowed), false, text);
  });

  it('a package without one, and one that may only help to develop, are named', () => {
    using tree = tempTree({
      'package-lock.json': JSON.stringify({
        packages: {
          '': {},
          'node_modules/a': { version: '1.0.0', license: 'MIT' },
          'node_modules/b': { version: '2.0.0' },
          'node_modules/c': { version: '3.0.0', license: 'PSF-2.0', dev: true },
          'node_modules/c/node_modules/d': { version: '4.0.0', license: 'PSF-2.0' },
        },
      }),
    });
    deepEqual(
      checkLicences(readTree(tree.root)).map(({ message }) => message),
      ['b 2.0.0 has no licence', 'd 4.0.0 is licensed PSF-2.0, which is not allowed'],
    );
  });
});

describe('secrets', () => {
  // Made here, so that the scan of this repository does not find its own samples.
  const random = randomBytes(32);
  const seed = random.toString('base64');
  const pem = ['-----BEGIN', 'PRIVATE KEY-----'].join(' ');
  const lines = (text: string) => secretsIn('x', text).map(({ line }) => line);

  it('finds key files of ours, PEM keys and random values under telling names', () => {
    const file = { kind: 'zerostate-identity-key/v1', agentId: 'zs:x', seed };
    match(JSON.stringify(secretsIn('x', JSON.stringify(file, null, 2))), /key file of zerostate/);
    deepEqual(lines(`a\n${pem}\nMC4CAQAwBQYDK2VwBCIEI${seed}\n`), [2]);
    deepEqual(lines(`a: b\napiToken: ${random.toString('hex')}\n`), [2]);
    deepEqual(lines(`export NODE_SECRET="${randomBytes(48).toString('base64url')}1"`), [1]);
    equal(JSON.stringify(secretsIn('x', JSON.stringify(file))).includes(seed.slice(0, 10)), false);
  });

  it('lets words, digests and published vectors pass', () => {
    deepEqual(lines(`digest: ${random.toString('hex')}`), []);
    deepEqual(lines('const tokenOfTheNode = computeWhatIsNeededForThisAndThat(value);'), []);
    deepEqual(lines(`seed: '${'ab'.repeat(32)}'`), []);
    deepEqual(secretsIn('test/interop/mls-vectors.json', `secret: "${random.toString('hex')}"`), []);
    equal(entropyOf('aaaa'), 0);
    equal(entropyOf('abcd'), 2);
  });

  it('knows files that never belong here by their names', () => {
    for (const path of ['.env', 'x/.env.local', 'home/api-token', 'node.key', 'a.p12'])
      notEqual(secretByName(path), undefined, path);
    for (const path of ['.env.example', 'docs/api-token.md', 'node/keys/node-key.ts', 'envelope.ts'])
      equal(secretByName(path), undefined, path);
  });
});

const BOM: Bom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  serialNumber: 'urn:uuid:be4d618a-9885-4bbf-baa5-e399dffb53fe',
  version: 1,
  metadata: {
    timestamp: '2026-11-21T19:38:31.289Z',
    tools: [{ vendor: 'npm', name: 'cli', version: '11.19.1' }],
    component: { 'bom-ref': 'x@1.0.0', type: 'library', name: 'a-folder' },
  },
  components: [
    { 'bom-ref': 'b@1.0.0', type: 'library', name: 'b' },
    { 'bom-ref': 'a@1.0.0', type: 'library', name: 'a' },
  ],
  dependencies: [{ ref: 'x@1.0.0', dependsOn: ['b@1.0.0', 'a@1.0.0'] }],
} as Bom & { bomFormat: string; version: number };

describe('the bill of materials', () => {
  it('depends on nothing but the commit, and is valid', () => {
    const bom = settled(BOM, 'x', TIME);
    const elsewhere = settled(
      {
        ...BOM,
        serialNumber: 'urn:uuid:00000000-0000-4000-8000-000000000000',
        metadata: {
          ...BOM.metadata,
          timestamp: TIME,
          tools: [],
          component: { ...BOM.metadata.component, name: 'other' },
        },
        components: BOM.components.toReversed(),
      },
      'x',
      TIME,
    );
    deepEqual(elsewhere, bom);
    notEqual(settled(BOM, 'x', '2026-03-02T12:00:00.000Z').serialNumber, bom.serialNumber);
    deepEqual(schemaErrors(bom), []);
  }).timeout(20_000);

  it('is refused by the official schema when it is none', () => {
    const broken = { ...BOM, components: [{ 'bom-ref': 'b', name: 'b', type: 'thing' }] };
    match(schemaErrors(broken).join('\n'), /components\/0\/type must be equal to one of/);
  }).timeout(20_000);
});

describe('advisories', () => {
  it('are read from npm’s report, the grave ones apart', () => {
    const report = {
      vulnerabilities: {
        a: { severity: 'moderate', range: '<2', via: [{ title: 'slow regular expression' }] },
        b: { severity: 'critical', range: '*', via: ['a'] },
        c: { severity: 'unheard-of', range: '*', via: [] },
      },
    };
    const audit = readAudit(JSON.stringify(report), '');
    if (!audit.asked) throw new Error(audit.why);
    deepEqual(
      atLeast(audit.advisories, 'high').map(({ name }) => name),
      ['b', 'c'],
    );
    deepEqual(audit.advisories[0]!.because, ['slow regular expression']);
  });

  it('no answer is not a good answer', () => {
    const refused = readAudit('{"message": "405 Method Not Allowed", "error": {"summary": ""}}', '');
    deepEqual(refused, { asked: false, why: '405 Method Not Allowed' });
    deepEqual(readAudit('', 'npm error code ENOTFOUND\nx'), {
      asked: false,
      why: 'npm error code ENOTFOUND',
    });
    equal(readAudit('{}', '').asked, false);
  });
});

describe('what a release says of itself', () => {
  it('is SLSA provenance that our own importer reads', () => {
    const digest = (digit: string) => digit.repeat(64);
    const statement = releaseStatement({
      name: 'x',
      version: '1.0.0',
      commit: { id: 'a'.repeat(40), tree: 'b'.repeat(40), time: TIME },
      packed: {
        file: 'x-1.0.0.tgz',
        bytes: new Uint8Array(),
        sha256: digest('1'),
        sha512: digest('1').repeat(2),
      },
      lockSha256: digest('2'),
      sbom: { file: 'x-1.0.0.cdx.json', sha256: digest('3') },
      tools: { node: '26.0.0' },
    });
    const [imported] = importAttestations(Buffer.from(JSON.stringify(statement)), { keys: [] });
    equal(imported!.predicateType, 'https://slsa.dev/provenance/v1');
    deepEqual(
      imported!.subjects.map(({ digest: { sha256 } }) => sha256),
      [digest('1'), digest('3')],
    );
    deepEqual(
      imported!.dependencies.map(({ digest: of }) => of),
      [{ gitCommit: 'a'.repeat(40) }, { sha256: digest('2') }],
    );
  });
});
