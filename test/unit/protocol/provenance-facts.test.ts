// What statements say in the provenance graph: the edges of imports, receipts and revocations, and the names they are found by.

import assert from 'node:assert/strict';
import { importAttestation, signImports } from '../../../protocol/attestation/index.ts';
import { contentIdOf, seedSigner } from '../../../protocol/envelope/index.ts';
import { factsOfStatement, nodeIdOf } from '../../../protocol/provenance/index.ts';
import { signRevocation } from '../../../protocol/revocation/index.ts';
import {
  RECEIPT_PREDICATE,
  signAgentStatement,
  verifyAgentStatement,
} from '../../../protocol/statement/index.ts';
import { makeAgent, makeDeterministic, OBSERVED, seed } from '../../support/agents.ts';
import { cyclonedx, dsse, json, openvex, sha, slsaV1, statement } from '../../support/attestations.ts';

const agent = makeAgent(10);
const base = { keychain: agent.keychain, signer: agent.operational, issuedAt: '2026-03-01T00:00:00Z' };
const app = `sha256:${sha('a')}`;

function imported(value: unknown) {
  const found = importAttestation(json(value));
  return {
    found,
    facts: signImports({ ...base, imported: found }).map((one) =>
      factsOfStatement(verifyAgentStatement(one)),
    ),
  };
}

describe('facts of statements', () => {
  it('SLSA provenance: the subject was built from each material that has a digest', () => {
    const { found, facts } = imported(dsse(statement('https://slsa.dev/provenance/v1', slsaV1)));
    const [{ self, edges, about, uses, predicateType, issuer }] = facts as [(typeof facts)[0]];
    assert.deepEqual(edges, [
      { from: self, relation: 'attested', to: app },
      { from: app, relation: 'built-from', to: `gitCommit:${'b'.repeat(40)}` },
      { from: app, relation: 'built-from', to: `sha256:${sha('c')}` },
    ]);
    assert.equal(predicateType, 'https://slsa.dev/provenance/v1');
    assert.equal(issuer, agent.agentId);
    assert.ok(about.includes(self) && about.includes(app) && !about.includes(`sha256:${sha('c')}`));
    assert.deepEqual(uses, [`gitCommit:${'b'.repeat(40)}`, `sha256:${sha('c')}`]);
    assert.ok(about.includes(found.digest), 'found by the digest of the original');
    assert.ok(about.includes(nodeIdOf(found.envelopeId!)), 'found by the original envelope');
  });

  it('an SBOM: the image was built from its components, and is found by every digest of theirs', () => {
    const { facts } = imported(cyclonedx);
    assert.deepEqual(facts[0]!.edges.at(-1), {
      from: app,
      relation: 'built-from',
      to: `sha512:${'e'.repeat(128)}`,
    });
  });

  it('VEX says something of a thing and nothing of what it is made of', () => {
    assert.ok(imported(openvex).facts[0]!.edges.every(({ relation }) => relation === 'attested'));
  });

  it('many subjects with many materials meet in the statement instead of growing a square', () => {
    const subject = Array.from({ length: 60 }, (_, i) => ({
      name: `s${i}`,
      digest: { sha256: i.toString(16).padStart(64, '1') },
    }));
    const resolvedDependencies = Array.from({ length: 60 }, (_, i) => ({
      name: `m${i}`,
      digest: { sha256: i.toString(16).padStart(64, '2') },
    }));
    const { facts } = imported({
      ...statement('https://slsa.dev/provenance/v1', { buildDefinition: { resolvedDependencies } }),
      subject,
    });
    const { self, edges } = facts[0]!;
    assert.equal(edges.length, 180);
    assert.equal(edges.filter(({ from, to }) => from === self || to === self).length, 180);
  });

  it('a receipt ran its module and produced its output; printing nothing connects nothing', () => {
    const nothing = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const receipt = verifyAgentStatement(
      signAgentStatement({
        ...base,
        predicateType: RECEIPT_PREDICATE,
        predicate: {
          issuedAt: base.issuedAt,
          deterministic: makeDeterministic({ stdoutDigest: nothing }),
          observed: OBSERVED,
        },
      }),
    );
    const { self, edges } = factsOfStatement(receipt);
    assert.deepEqual(
      edges.map(({ from, relation, to }) => [from === self, relation, to.slice(7, 9)]),
      [
        [true, 'ran', '11'],
        [true, 'ran', '22'],
        [true, 'produced', '88'],
      ],
    );
  });

  it('a revocation revoked its target', () => {
    const id = contentIdOf(new Uint8Array(32).fill(1));
    const revocation = signRevocation({
      ...base,
      signer: seedSigner(seed(12)),
      sequence: 1,
      previous: null,
      target: { kind: 'statement', id },
      reason: 'wrong build',
    });
    const { self, edges } = factsOfStatement(verifyAgentStatement(revocation));
    assert.deepEqual(edges, [{ from: self, relation: 'revoked', to: nodeIdOf(id) }]);
  });
});
