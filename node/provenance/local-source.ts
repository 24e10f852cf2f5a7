// Answers provenance queries from the graph in memory and the logs on disk: every row with its proof, the nearest things first.

import { ZeroError } from '../../protocol/errors/index.ts';
import { inclusionProofAsync, parseCheckpoint } from '../../protocol/log/index.ts';
import {
  type EndReason,
  joinMap,
  keysOfQuery,
  type ProvenanceQuery,
  type ProvenanceRow,
  provenanceQuery,
  QUERY_NODES_MAX,
  type StatementRow,
} from '../../protocol/provenance/index.ts';
import type { LogStore } from '../log/index.ts';
import type { GraphStatement, ProvenanceGraph, Walk } from './graph.ts';
import type { OwnIndex } from './own-index.ts';
import type { ProvenanceSource } from './ports.ts';

/** Keys of one proof; see index-proof.ts. */
const PROVEN_KEYS_MAX = 16_384;

export interface LocalSourceDeps {
  readonly graph: ProvenanceGraph;
  readonly store: LogStore;
  readonly index: OwnIndex;
  /** Origin of the own log. */
  readonly origin: string;
  /** False once the graph was too full for a statement: no answer is whole then. */
  readonly isWhole: () => boolean;
}

/** The graph of this node, as a source. */
export class LocalSource implements ProvenanceSource {
  readonly #deps: LocalSourceDeps;

  constructor(deps: LocalSourceDeps) {
    this.#deps = deps;
  }

  /** Commits the root that a proof will be given from. Throws as OwnLog.append does. */
  async prepare({ prove }: ProvenanceQuery): Promise<void> {
    if (prove) await this.#deps.index.commit();
  }

  async *query(
    asked: ProvenanceQuery,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<ProvenanceRow> {
    const query = provenanceQuery(asked);
    await this.prepare(query);
    const answer = new Answer(this.#deps, query);
    yield* answer.rows(signal);
  }
}

/** One answer under way. */
class Answer {
  readonly #deps: LocalSourceDeps;
  readonly #query: ProvenanceQuery;
  readonly #walk: Walk;
  readonly #sizes = new Map<string, number>();
  readonly #reasons = new Set<EndReason>();
  /** Things that are statements of this answer. */
  readonly #selves: number[] = [];
  #rows = 0;

  constructor(deps: LocalSourceDeps, query: ProvenanceQuery) {
    this.#deps = deps;
    this.#query = query;
    const { direction, depth, at } = query;
    const start = query.start.map((id) => deps.graph.thing(id));
    this.#walk = deps.graph.walk(start, { direction, depth, at, max: QUERY_NODES_MAX });
    if (this.#walk.cut) this.#reasons.add('node-limit');
    if (!deps.isWhole()) this.#reasons.add('not-indexed');
  }

  async *rows(signal: AbortSignal | undefined): AsyncGenerator<ProvenanceRow> {
    for (const { statement, depth } of this.#statements()) {
      if (signal?.aborted === true) {
        this.#reasons.add('aborted');
        break;
      }
      if (this.#rows >= this.#query.limit) {
        this.#reasons.add('row-limit');
        break;
      }
      const { origin, index } = statement;
      const head = this.#head(origin);
      if (head !== undefined) yield head;
      if (index >= (this.#sizes.get(origin) ?? 0)) this.#reasons.add('not-indexed');
      else {
        this.#rows += 1;
        yield await this.#row(statement, depth);
      }
    }
    if (this.#query.prove) yield* this.#completeness();
    yield { kind: 'end', rows: this.#rows, reasons: [...this.#reasons] };
  }

  // What is said about a statement (that it is revoked, above all) belongs to the answer as much as the statement.
  *#statements(): Generator<{ statement: GraphStatement; depth: number }> {
    const { graph } = this.#deps;
    const { issuer, start } = this.#query;
    const by = issuer === null ? null : new Set(graph.statementsBy(issuer));
    const seen = new Set<number>();
    for (const [first, depth] of this.#numbers()) {
      const waiting = [first];
      // By its place: there may be very many about one, and to take the first of a long list away takes as long as it is.
      for (let i = 0; i < waiting.length; i++) {
        const number = waiting[i]!;
        if (seen.has(number)) continue;
        seen.add(number);
        if (!this.#matches(number, by)) continue;
        yield { statement: graph.statement(number), depth };
        if (start.length === 0) continue;
        this.#selves.push(graph.selfOf(number));
        for (const about of graph.statementsAbout(graph.selfOf(number))) waiting.push(about);
      }
    }
  }

  #matches(number: number, by: ReadonlySet<number> | null): boolean {
    const { graph } = this.#deps;
    const { at, predicateTypes } = this.#query;
    if (at !== null && graph.knownAt(number) > at) return false;
    if (by !== null && !by.has(number)) return false;
    return predicateTypes.length === 0 || predicateTypes.includes(graph.statement(number).predicateType);
  }

  *#numbers(): Generator<[number, number]> {
    const { graph } = this.#deps;
    const { direction, issuer, predicateTypes, start } = this.#query;
    if (start.length === 0) {
      const lists =
        issuer === null
          ? predicateTypes.map((type) => graph.statementsOfType(type))
          : [graph.statementsBy(issuer)];
      for (const list of lists) for (const number of list) yield [number, 0];
      return;
    }
    for (const [i, thing] of this.#walk.things.entries()) {
      const depth = this.#walk.depths[i]!;
      if (direction !== 'uses') for (const number of graph.statementsAbout(thing)) yield [number, depth];
      if (direction !== 'sources') for (const number of graph.statementsUsing(thing)) yield [number, depth];
    }
  }

  /** The head row of a log, the first time it is asked for; undefined later, or when the log has no signed head yet. */
  #head(origin: string): ProvenanceRow | undefined {
    if (this.#sizes.has(origin)) return undefined;
    const { checkpoint } = this.#deps.store.state(origin);
    this.#sizes.set(origin, checkpoint === '' ? 0 : parseCheckpoint(checkpoint).size);
    return checkpoint === '' ? undefined : { kind: 'head', origin, checkpoint };
  }

  async #proof(origin: string, index: number): Promise<Uint8Array[]> {
    return await inclusionProofAsync(this.#sizes.get(origin)!, index, this.#deps.store.reader(origin));
  }

  async #row({ origin, index, knownAt }: GraphStatement, depth: number): Promise<StatementRow> {
    const { store } = this.#deps;
    const [record, body, proof] = await Promise.all([
      store.record(origin, index),
      store.body(origin, index),
      this.#proof(origin, index),
    ]);
    if (record === undefined)
      throw new ZeroError('DATA_CORRUPT', `entry ${index} of ${origin} is missing`, {
        details: { origin, index },
      });
    if (body === undefined) this.#reasons.add('withheld');
    return { kind: 'statement', origin, index, depth, knownAt, record, body: body ?? null, proof };
  }

  // What a cut answer holds cannot be proven to be whole; of the logs of others only they themselves can prove it.
  async *#completeness(): AsyncGenerator<ProvenanceRow> {
    const { graph, index, origin } = this.#deps;
    if (['aborted', 'row-limit', 'node-limit'].some((reason) => this.#reasons.has(reason as EndReason)))
      return;
    if ([...this.#sizes.keys()].some((each) => each !== origin)) this.#reasons.add('unproven-origin');
    const names = (things: Iterable<number>) => Array.from(things, (thing) => graph.nameOf(thing));
    const keys = keysOfQuery(
      this.#query,
      [...this.#query.start, ...names(this.#walk.things)],
      names(this.#selves),
    );
    const extra = this.#query.start.length === 0 ? [] : keys;
    const proof = extra.length > PROVEN_KEYS_MAX ? undefined : await index.prove(keys);
    if (proof === undefined) {
      this.#reasons.add('unproven-origin');
      return;
    }
    const head = this.#head(origin);
    if (head !== undefined) yield head;
    // A root that is newer than the head of this answer speaks of statements that are not in it.
    if (proof.root.index >= this.#sizes.get(origin)!) {
      this.#reasons.add('not-indexed');
      return;
    }
    const root = await index.entryOf(proof.root, (log, at) => this.#proof(log, at));
    if (root !== undefined) yield { kind: 'completeness', origin, root, map: joinMap(extra, proof.map) };
  }
}
