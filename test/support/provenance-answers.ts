// An answerer in memory, honest or not: a log with statements, its committed index, and answers made of both. For tests and benchmarks.

import { utf8 } from '../../protocol/bytes/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { type Envelope, encodeEnvelope, envelopeId, seedSigner } from '../../protocol/envelope/index.ts';
import { encodeLogEntry, inclusionProof, LOG_SALT_BYTES } from '../../protocol/log/index.ts';
import {
  factsOfStatement,
  IndexMap,
  joinMap,
  keysOfFacts,
  keysOfQuery,
  type ProvenanceQuery,
  type ProvenanceRow,
  type StatementFacts,
  type StatementRow,
  signIndexRoot,
  tagOf,
  thingsOf,
} from '../../protocol/provenance/index.ts';
import { bytesDigest, signReceipt } from '../../protocol/receipt/index.ts';
import { verifyAgentStatement } from '../../protocol/statement/index.ts';
import { makeAgent, makeDeterministic, OBSERVED, seed } from './agents.ts';
import { MemoryLog } from './memory-log.ts';

const agent = makeAgent(10);
const LOG_SEED = 9;

/** A digest of a number: as random as any. */
export function digestOf(n: number, kind = 'a'): string {
  return bytesDigest(utf8(`${kind} ${n}`));
}

/** A receipt of task number n: it ran the module of `module`, and its output is its own. */
export function receiptOf(n: number, module: number) {
  return signReceipt({
    keychain: agent.keychain,
    signer: agent.operational,
    issuedAt: '2026-03-01T12:00:00Z',
    deterministic: {
      ...makeDeterministic({
        stdoutDigest: digestOf(n, 'b'),
        outputTreeDigest: digestOf(n, 'c'),
        fuel: String(1000 + n),
      }),
      moduleDigest: digestOf(module),
      inputsDigest: digestOf(n, 'd'),
    },
    observed: { ...OBSERVED, taskId: `task-${n}`, origin: null },
  });
}

/** A log of receipts with its index. `hide` entries are left out of the index: a lie that the log then has signed. */
export class MemoryAnswerer {
  readonly log = new MemoryLog(LOG_SEED);
  readonly origin = this.log.origin;
  readonly facts: StatementFacts[] = [];
  readonly #map = new IndexMap();
  #root = 0;

  constructor(
    count: number,
    options: { modules?: number; hide?: readonly number[]; make?: (n: number) => Envelope } = {},
  ) {
    for (let n = 0; n < count; n++) {
      const envelope = options.make?.(n) ?? receiptOf(n, n % (options.modules ?? 1));
      this.#append(n, envelope);
      const facts = factsOfStatement(verifyAgentStatement(envelope));
      this.facts.push(facts);
      if (options.hide?.includes(n) === true) continue;
      for (const key of keysOfFacts(facts)) this.#map.add(key, n, tagOf(facts.predicateType, facts.issuer));
    }
    const root = { origin: this.origin, size: count, keys: this.#map.keys, root: this.#map.root() };
    this.#root = count;
    this.#append(count, signIndexRoot(root, seedSigner(seed(LOG_SEED))));
  }

  #append(n: number, envelope: Parameters<typeof encodeEnvelope>[0]): void {
    const salt = sha256(utf8(`salt ${n}`)).slice(0, LOG_SALT_BYTES);
    const record = encodeLogEntry({ statementId: envelopeId(envelope), salt });
    this.log.append({ record, body: encodeEnvelope(envelope) });
  }

  #proof(index: number): Uint8Array[] {
    return inclusionProof(this.log.stored.length, index, this.log.nodes);
  }

  row(index: number): StatementRow {
    const { body, record } = this.log.stored[index]!;
    return {
      kind: 'statement',
      origin: this.origin,
      index,
      depth: 0,
      knownAt: 1,
      record,
      body,
      proof: this.#proof(index),
    };
  }

  /** The answer to a query that these entries match; `omit` some of them from the rows. */
  answer(query: ProvenanceQuery, indexes: readonly number[], omit: readonly number[] = []): ProvenanceRow[] {
    const shown = indexes.filter((index) => !omit.includes(index));
    const found = indexes.map((index) => ({ facts: this.facts[index]! }));
    const selves = query.start.length === 0 ? [] : found.map(({ facts }) => facts.self);
    const keys = keysOfQuery(query, thingsOf(query, found), selves);
    const { body, record } = this.log.stored[this.#root]!;
    return [
      { kind: 'head', origin: this.origin, checkpoint: this.log.checkpoint },
      ...shown.map((index) => this.row(index)),
      {
        kind: 'completeness',
        origin: this.origin,
        root: { index: this.#root, record, body: body!, proof: this.#proof(this.#root) },
        map: joinMap(query.start.length === 0 ? [] : keys, this.#map.prove(keys)),
      },
      { kind: 'end', rows: shown.length, reasons: [] },
    ];
  }
}
