// What the organisations publish when they are honest: one statement of every kind that travels between partners.

import { importAttestation, signImports } from '../../protocol/attestation/index.ts';
import { utf8 } from '../../protocol/bytes/index.ts';
import { type Envelope, encodeEnvelope, envelopeId, envelopeToJson } from '../../protocol/envelope/index.ts';
import { encodeLogEntry, encodeProof, inclusionProof } from '../../protocol/log/index.ts';
import { signReceipt } from '../../protocol/receipt/index.ts';
import { signRevocation } from '../../protocol/revocation/index.ts';
import type { RandomStream } from '../../sim/random.ts';
import { makeCard, makeDeterministic, OBSERVED } from '../support/agents.ts';
import {
  cyclonedx,
  dsse,
  json,
  openvex,
  sha,
  slsaV1,
  slsaV02,
  spdx,
  spdx3,
  statement,
} from '../support/attestations.ts';
import { ISSUED_AT, type Organisation } from './organisations.ts';

/** A statement of an agent, with who made it. */
export interface Authored {
  readonly kind: 'receipt' | 'revocation' | 'import' | 'card';
  readonly envelope: Envelope;
  /** Seed byte of the identity that made it. */
  readonly seed: number;
}

const DOCUMENTS = [cyclonedx, spdx, spdx3, openvex];
const BUILD_PREDICATES = [
  ['https://slsa.dev/provenance/v1', slsaV1],
  ['https://slsa.dev/provenance/v0.2', slsaV02],
  ['https://cyclonedx.org/bom', cyclonedx],
  ['https://spdx.dev/Document', spdx],
  ['https://openvex.dev/ns/v0.2.0', openvex],
] as const;
const hexDigest = (random: RandomStream) => Buffer.from(random.bytes(32)).toString('hex');

/** The n-th statement of an organisation. */
export function agentStatement(by: Organisation, n: number, random: RandomStream): Authored {
  const agent = by.agents[n % by.agents.length]!;
  const seed = by.seeds[n % by.seeds.length]!;
  const author = { keychain: agent.keychain, signer: agent.operational, issuedAt: ISSUED_AT };
  const kind = (['receipt', 'import', 'receipt', 'revocation', 'card'] as const)[random.below(5)]!;
  if (kind === 'card')
    return {
      kind,
      seed,
      envelope: makeCard(agent, { sequence: 1 + n, previous: n === 0 ? null : cid(random) }),
    };
  if (kind === 'revocation') {
    const sequence = 1 + random.below(1000);
    return {
      kind,
      seed,
      envelope: signRevocation({
        ...author,
        target: { kind: 'statement', id: cid(random) },
        reason: 'superseded',
        sequence,
        previous: sequence === 1 ? null : cid(random),
      }),
    };
  }
  if (kind === 'import') {
    const imported = importAttestation(json({ ...DOCUMENTS[random.below(DOCUMENTS.length)]!, comment: n }));
    return { kind, seed, envelope: signImports({ ...author, imported })[0]! };
  }
  const output = `sha256:${hexDigest(random)}`;
  return {
    kind,
    seed,
    envelope: signReceipt({
      ...author,
      deterministic: makeDeterministic({ fuel: String(1 + random.below(1_000_000)), stdoutDigest: output }),
      observed: { ...OBSERVED, taskId: `task-${n}` },
    }),
  };
}

/** An id of some statement that nobody here has. */
function cid(random: RandomStream): string {
  return envelopeId({ payloadType: 'application/x-absent', payload: random.bytes(16) });
}

/** What a build of the organisation writes: a statement in DSSE, signed by its build key. */
export function buildAttestation(by: Organisation, n: number, random: RandomStream): Uint8Array {
  const [predicateType, predicate] = BUILD_PREDICATES[n % BUILD_PREDICATES.length]!;
  const said = statement(predicateType, predicate);
  const subject = [{ name: `app-${n}`, digest: { sha256: hexDigest(random) || sha('a') } }];
  return json(dsse({ ...said, subject }, by.buildKey));
}

/** A statement as a file: as it travels, or as people keep it. */
export function fileOf(envelope: Envelope, n: number): Uint8Array {
  return n % 2 === 0 ? encodeEnvelope(envelope) : utf8(JSON.stringify(envelopeToJson(envelope)));
}

/** Appends a statement to its organisation's log and answers the record. */
export function logged(by: Organisation, envelope: Envelope, random: RandomStream): Uint8Array {
  const record = encodeLogEntry({ statementId: envelopeId(envelope), salt: random.bytes(16) });
  by.log.append({ record, body: encodeEnvelope(envelope) });
  return record;
}

/** The proof that a record is in its organisation's log, as a file that carries the record. */
export function proofFile(by: Organisation, index: number): string {
  const { log } = by;
  return encodeProof({
    index,
    proof: inclusionProof(log.stored.length, index, log.nodes),
    checkpoint: log.checkpoint,
    extra: log.stored[index]!.record,
  });
}
