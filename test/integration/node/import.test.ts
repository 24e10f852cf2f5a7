// zerostate import: documents of five worlds are recognised, and what would join, what is missing and the risks are said before anything
// is done; then it is done.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import type { Audit } from '../../../node/cli/audit/index.ts';
import { auditFile } from '../../../node/cli/audit/index.ts';
import { exportA2aCard } from '../../../protocol/a2a/index.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { verifyCard } from '../../../protocol/card/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { makeAgent, makeCard } from '../../support/agents.ts';
import { cosign, cyclonedx, dsse, slsaV1, statement } from '../../support/attestations.ts';
import { zerostate, zerostateJson } from '../../support/cli.ts';
import { draft, TestNodes } from '../../support/nodes.ts';

const options = { region: 'here', trust: {} };
const one = (value: object | Uint8Array): Audit => {
  const bytes = value instanceof Uint8Array ? value : utf8(JSON.stringify(value));
  const [audit, ...more] = auditFile('x.json', bytes, options);
  assert.ok(audit !== undefined && more.length === 0);
  return audit;
};
const says = (lines: readonly string[], pattern: RegExp) =>
  assert.ok(
    lines.some((line) => pattern.test(line)),
    `${pattern} in ${lines.join('\n')}`,
  );

const MCP = {
  name: 'io.example/files',
  description: 'Reads and writes files.',
  packages: [{ identifier: 'files', environmentVariables: [{ name: 'FILES_KEY', isSecret: true }] }],
  remotes: [{ url: 'http://files.example/mcp' }],
  tools: [
    { name: 'delete', description: 'Deletes a file.', annotations: { destructiveHint: true } },
    { name: 'read' },
  ],
};
const OCI = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: { digest: `sha256:${'1'.repeat(64)}` },
  layers: [{ digest: `sha256:${'2'.repeat(64)}`, urls: ['https://elsewhere.example/layer'] }],
};

describe('zerostate import', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-import-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, value: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
    return path;
  };

  it('tells an A2A card that proves itself from one that anybody can have written', () => {
    const agent = makeAgent(10);
    const interfaces = [{ url: 'https://agents.example/a2a', protocolBinding: 'JSONRPC' as const }];
    const card = exportA2aCard({ card: verifyCard(makeCard(agent)), interfaces, signer: agent.operational });
    const proven = one(card);
    assert.equal(proven.kind, 'A2A agent card');
    says(proven.joins, new RegExp(`the agent ${agent.agentId}`));
    assert.equal(proven.draft, undefined);
    const forged = one({ ...card, name: 'Other', supportedInterfaces: [{ url: 'http://plain.example' }] });
    says(forged.risks, /anybody can have written it/);
    says(forged.risks, /not encrypted/);
    says(forged.missing, /signature that verifies/);
    assert.ok(forged.draft !== undefined);
  });

  it('reads MCP servers, OCI manifests and directory records for what to be careful with', () => {
    const mcp = one(MCP);
    assert.equal(mcp.kind, 'MCP server');
    says(mcp.joins, /capability delete/);
    says(mcp.missing, /description of the tool read/);
    for (const risk of [
      /says of itself that it destroys/,
      /name no digest/,
      /secret FILES_KEY/,
      /not encrypted/,
    ])
      says(mcp.risks, risk);
    const oci = one(OCI);
    const digest = createHash('sha256').update(JSON.stringify(OCI)).digest('hex');
    assert.equal(oci.digests[0], `sha256:${digest}`);
    says(oci.missing, /which revision/);
    says(oci.risks, /fetched from addresses/);
    const record = one({
      schema_version: '0.7.0',
      name: 'burger',
      skills: [{ id: 1, name: 'cook' }],
      locators: [{ url: 'https://x.example' }],
    });
    assert.equal(record.kind, 'agent directory record');
    says(record.missing, /signature/);
    says(record.risks, /name no digest/);
  });

  it('reads SBOMs and provenance, and refuses what it does not know', () => {
    const bom = one(cyclonedx);
    assert.equal(bom.kind, 'CycloneDX SBOM');
    says(bom.missing, /signed by nobody/);
    const slsa = one(dsse(statement('https://slsa.dev/provenance/v1', slsaV1)));
    assert.equal(slsa.kind, 'SLSA provenance');
    says(slsa.risks, /unverified/);
    for (const value of [{ hello: 'world' }, utf8('not json'), []])
      assert.throws(
        () => one(value),
        (error) => isZeroError(error) && error.code === 'USAGE' && /Known are A2A/.test(error.hint),
      );
  });

  it('audits without a node, says where documents meet, and changes nothing; then joins them', async () => {
    const provenance = file('build.intoto.json', dsse(statement('https://slsa.dev/provenance/v1', slsaV1)));
    const bom = file('bom.intoto.json', dsse(statement('https://cyclonedx.org/bom', cyclonedx)));
    const mcp = file('server.json', MCP);
    const alone = await zerostate([
      'import',
      '--audit',
      provenance,
      bom,
      mcp,
      '--home',
      join(folder, 'none'),
    ]);
    assert.equal(alone.code, 0, alone.stderr);
    for (const said of [
      /would join/,
      /missing/,
      /risks/,
      /joins .*build\.intoto\.json, .*bom\.intoto\.json/,
      /no node runs here/,
      /Nothing was changed/,
    ])
      assert.match(alone.stdout, said);

    await using nodes = new TestNodes();
    const { node } = await nodes.start('one');
    await node.cards.publish(draft('Auditor'));
    const home = ['--home', nodes.home('one')];
    const key = file('builder.pem', cosign.publicKey.export({ type: 'spki', format: 'pem' }) as string);
    const drafts = join(folder, 'drafts');
    const args = ['import', provenance, mcp, '--key', key, '--drafts', drafts, ...home];
    const before = await zerostateJson<{ known: string[] }>([...args, '--audit']);
    assert.deepEqual(before.known, []);
    const { done } = await zerostateJson<{ done: string[] }>(args);
    assert.equal(done.length, 2, done.join('\n'));
    const card = parseYaml(readFileSync(join(drafts, 'io-example-files.card.yaml'), 'utf8')) as {
      capabilities: object[];
    };
    assert.equal(card.capabilities.length, 2);
    const after = await zerostateJson<{ known: string[]; audits: Audit[] }>([...args, '--audit']);
    assert.ok(after.known.length > 0);
    assert.ok(after.audits[0]?.risks.every((risk) => !/unverified/.test(risk)));
  });
});
