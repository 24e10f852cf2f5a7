// What a verified statement says in the graph: its edges, and the names under which it is found. A function of the statement alone, so
// that whoever holds a log comes to the same graph and the same committed index.

import { timeMs } from '../fields/index.ts';
import { bytesDigest } from '../receipt/index.ts';
import {
  type AgentStatement,
  IMPORT_PREDICATE,
  type ImportPredicate,
  RECEIPT_PREDICATE,
  REVOCATION_PREDICATE,
  type ReceiptPredicate,
  type Subject,
} from '../statement/index.ts';
import { nodeIdOfContentId, nodeIdsOfDigests } from './node-id.ts';
import type { Edge, NodeId, Relation } from './types.ts';

/** What a statement contributes. */
export interface StatementFacts {
  /** The statement itself, as a thing. */
  readonly self: NodeId;
  /** Who says so: an agent id. */
  readonly issuer: string;
  /** Foreign keys under which the issuer verified an original. */
  readonly signers: readonly string[];
  /** The predicate type; of an import that of the original. */
  readonly predicateType: string;
  /** When it says that it was made, in ms since 1970. */
  readonly issuedAt: number;
  readonly edges: readonly Edge[];
  /** What it says something about, itself included, by every name. */
  readonly about: readonly NodeId[];
  /** What it says was used for that: materials, modules, inputs. */
  readonly uses: readonly NodeId[];
}

/**
 * Edges of one statement from every subject to every material. Where there would be more, they meet in the statement itself, one step
 * further apart: nothing is lost, and no statement grows a square.
 */
const CROSSED_EDGES_MAX = 1_024;

/** Nothing as input or output: everything that prints nothing would hang together by it. */
const NOTHING: NodeId = bytesDigest(new Uint8Array());

/** Collects edges and names. */
class Facts {
  readonly edges: Edge[] = [];
  readonly about = new Set<NodeId>();
  readonly uses = new Set<NodeId>();
  readonly self: NodeId;

  constructor(self: NodeId) {
    this.self = self;
    this.about.add(self);
  }

  add(from: NodeId, relation: Relation, to: NodeId): void {
    if (from === NOTHING || to === NOTHING || from === to) return;
    this.edges.push({ from, relation, to });
    const forward = leadsToSource(relation);
    if (forward === null) this.about.add(to);
    else {
      this.about.add(forward ? from : to);
      this.uses.add(forward ? to : from);
    }
  }

  /** The graph's name of a thing; the statement is found by all of them. */
  name(digest: Subject['digest'], among: Set<NodeId> = this.about): NodeId | undefined {
    const names = nodeIdsOfDigests(digest);
    for (const name of names) among.add(name);
    return names[0];
  }
}

function readReceipt(facts: Facts, { deterministic }: ReceiptPredicate): void {
  const { moduleDigest, inputsDigest, result } = deterministic;
  facts.add(facts.self, 'ran', moduleDigest);
  facts.add(facts.self, 'ran', inputsDigest);
  facts.add(facts.self, 'produced', result.stdoutDigest);
  facts.add(facts.self, 'produced', result.outputTreeDigest);
}

function readImport(facts: Facts, predicate: ImportPredicate): void {
  facts.about.add(predicate.digest);
  if (predicate.envelope !== null) facts.about.add(nodeIdOfContentId(predicate.envelope));
  const subjects = predicate.subjects.flatMap(({ digest }) => facts.name(digest) ?? []);
  for (const subject of subjects) facts.add(facts.self, 'attested', subject);
  // What verified a thing did not go into it.
  if (predicate.kind === 'slsa-verification-summary' || predicate.kind === 'openvex') return;
  const materials = (predicate.facts?.dependencies ?? []).flatMap(
    ({ digest }) => facts.name(digest, facts.uses) ?? [],
  );
  if (subjects.length * materials.length <= CROSSED_EDGES_MAX) {
    for (const subject of subjects)
      for (const material of materials) facts.add(subject, 'built-from', material);
    return;
  }
  for (const subject of subjects) facts.add(subject, 'built-from', facts.self);
  for (const material of materials) facts.add(facts.self, 'built-from', material);
}

/** What a verified statement of an agent says in the graph. */
export function factsOfStatement(statement: AgentStatement): StatementFacts {
  const { id, predicateType, issuer } = statement;
  const { predicate, subject } = statement.statement;
  const facts = new Facts(nodeIdOfContentId(id));
  let type: string = predicateType;
  let signers: readonly string[] = [];
  if (predicateType === RECEIPT_PREDICATE) readReceipt(facts, predicate as ReceiptPredicate);
  else if (predicateType === IMPORT_PREDICATE) {
    const imported = predicate as ImportPredicate;
    type = imported.predicateType;
    signers = imported.verifiedBy;
    readImport(facts, imported);
  } else {
    const relation = predicateType === REVOCATION_PREDICATE ? 'revoked' : 'attested';
    for (const { digest } of subject) {
      const about = facts.name(digest);
      if (about !== undefined) facts.add(facts.self, relation, about);
    }
  }
  return {
    self: facts.self,
    issuer,
    signers,
    predicateType: type,
    issuedAt: timeMs(predicate.issuedAt),
    edges: facts.edges,
    about: [...facts.about],
    uses: [...facts.uses],
  };
}

/** True where the source of `from` is `to`, false where it is the other way round, null where neither is made of the other. */
export function leadsToSource(relation: Relation): boolean | null {
  if (relation === 'built-from' || relation === 'ran') return true;
  return relation === 'produced' ? false : null;
}
