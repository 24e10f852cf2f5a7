// The provenance graph in memory: things, statements that are found by them, and what was made of what. It only grows, and holds no
// bodies: whatever it answers is proven from the log.

import { ZeroError } from '../../protocol/errors/index.ts';
import { type Direction, leadsToSource, type StatementFacts } from '../../protocol/provenance/index.ts';
import { Column } from './columns.ts';
import { ThingKeys } from './thing-keys.ts';

/** Statements held: with ten edges each some 2 GB; a node that needs more serves several networks and should be several nodes. */
export const GRAPH_STATEMENTS_MAX = 4_000_000;
/** Things held. */
export const GRAPH_THINGS_MAX = 16_000_000;

/** Where a statement stands, and since when it is known here. */
export interface Placed {
  readonly origin: string;
  readonly index: number;
  /** ms since 1970. */
  readonly knownAt: number;
}

/** A statement, as the graph knows it. */
export interface GraphStatement extends Placed {
  readonly issuer: string;
  readonly predicateType: string;
  readonly issuedAt: number;
}

/** What a walk has met. */
export interface Walk {
  /** Numbers of things, the start first, in the order of their distance. */
  readonly things: Uint32Array;
  /** Steps from the start, for each. */
  readonly depths: Uint8Array;
  /** True when more things were there than were wanted. */
  readonly cut: boolean;
}

/** Numbers of texts, from 1. */
class Names {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [''];

  get size(): number {
    return this.#numbers.size;
  }

  find(text: string): number {
    return this.#numbers.get(text) ?? 0;
  }

  of(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#texts.push(text);
    this.#numbers.set(text, this.#texts.length - 1);
    return this.#texts.length - 1;
  }

  text(number: number): string {
    return this.#texts[number] ?? '';
  }
}

/** Lists of numbers by key, each in the order in which it grew. Position 0 ends a list. */
class Lists {
  readonly heads = Column.uint32();
  readonly next = Column.uint32();
  readonly items = Column.uint32();
  readonly #tails = Column.uint32();
  #count = 0;

  add(key: number, item: number): number {
    const at = ++this.#count;
    this.items.set(at, item);
    this.next.set(at, 0);
    const tail = this.#tails.get(key);
    if (tail === 0) this.heads.set(key, at);
    else this.next.set(tail, at);
    this.#tails.set(key, at);
    return at;
  }

  *of(key: number): Generator<number> {
    for (let at = this.heads.get(key); at !== 0; at = this.next.get(at)) yield this.items.get(at);
  }
}

/** One direction of edges: the other end, and the statement that says so. */
class Ends {
  readonly lists = new Lists();
  readonly said = Column.uint32();

  add(from: number, to: number, statement: number): void {
    this.said.set(this.lists.add(from, to), statement);
  }
}

/** The graph. */
export class ProvenanceGraph {
  readonly #names = new Names();
  readonly #keys = new ThingKeys();
  readonly #origins = new Names();
  readonly #texts = new Names();
  readonly #about = new Lists();
  readonly #used = new Lists();
  readonly #sources = new Ends();
  readonly #uses = new Ends();
  /** Indexes by log: a number for each entry, and no text. */
  readonly #seen = new Map<string, Set<number>>();
  readonly #self = Column.uint32();
  readonly #origin = Column.uint32();
  readonly #index = Column.float64();
  readonly #knownAt = Column.float64();
  readonly #issuedAt = Column.float64();
  readonly #issuer = Column.uint32();
  readonly #type = Column.uint32();
  #statements = 0;
  #edges = 0;
  // What the walk under way has visited: a number a walk, so that nothing has to be cleared.
  readonly #marks = Column.uint32();
  #mark = 0;

  /** Counts, for health and metrics. */
  get size(): { statements: number; things: number; edges: number } {
    return { statements: this.#statements, things: this.#names.size, edges: this.#edges };
  }

  /** True when the entry of a log is in the graph. */
  has(origin: string, index: number): boolean {
    return this.#seen.get(origin)?.has(index) === true;
  }

  /** Adds a statement; false when it was there. Throws LIMIT_EXCEEDED when the graph is full. */
  add(facts: StatementFacts, { origin, index, knownAt }: Placed): boolean {
    if (this.has(origin, index)) return false;
    if (
      this.#statements >= GRAPH_STATEMENTS_MAX ||
      this.#names.size + facts.about.length + facts.uses.length > GRAPH_THINGS_MAX
    )
      throw new ZeroError('LIMIT_EXCEEDED', 'the provenance graph is full');
    const number = ++this.#statements;
    const seen = this.#seen.get(origin) ?? new Set();
    this.#seen.set(origin, seen.add(index));
    this.#self.set(number, this.#names.of(facts.self));
    this.#origin.set(number, this.#origins.of(origin));
    this.#index.set(number, index);
    this.#knownAt.set(number, knownAt);
    this.#issuedAt.set(number, facts.issuedAt);
    this.#issuer.set(number, this.#texts.of(facts.issuer));
    this.#type.set(number, this.#texts.of(facts.predicateType));
    for (const thing of facts.about) this.#about.add(this.#names.of(thing), number);
    for (const thing of facts.uses) this.#used.add(this.#names.of(thing), number);
    for (const who of new Set([facts.issuer, ...facts.signers]))
      this.#about.add(this.#names.of(`issuer ${who}`), number);
    this.#about.add(this.#names.of(`type ${facts.predicateType}`), number);
    for (const { from, relation, to } of facts.edges) {
      const forward = leadsToSource(relation);
      if (forward === null) continue;
      const made = this.#names.of(forward ? from : to);
      const source = this.#names.of(forward ? to : from);
      this.#sources.add(made, source, number);
      this.#uses.add(source, made, number);
      this.#edges += 1;
    }
    return true;
  }

  /** Number of a thing, or 0. */
  thing(id: string): number {
    return this.#names.find(id);
  }

  /** Name of a thing. */
  nameOf(thing: number): string {
    return this.#names.text(thing);
  }

  /** Keys of a thing in a committed index: of the statements about it, or of those that use it. */
  keyOf(thing: number, kind: 'about' | 'use'): Uint8Array {
    return this.#keys[kind].of(thing, () => this.nameOf(thing));
  }

  /** A statement by its number. */
  statement(number: number): GraphStatement {
    return {
      origin: this.#origins.text(this.#origin.get(number)),
      index: this.#index.get(number),
      knownAt: this.#knownAt.get(number),
      issuedAt: this.#issuedAt.get(number),
      issuer: this.#texts.text(this.#issuer.get(number)),
      predicateType: this.#texts.text(this.#type.get(number)),
    };
  }

  /** Numbers of the statements about a thing, oldest known first. */
  statementsAbout(thing: number): Generator<number> {
    return this.#about.of(thing);
  }

  /** Numbers of the statements that say that a thing was used. */
  statementsUsing(thing: number): Generator<number> {
    return this.#used.of(thing);
  }

  /** Numbers of the statements of an issuer or a foreign signer. */
  statementsBy(issuer: string): Generator<number> {
    return this.#about.of(this.#names.find(`issuer ${issuer}`));
  }

  /** Numbers of the statements of a type. */
  statementsOfType(predicateType: string): Generator<number> {
    return this.#about.of(this.#names.find(`type ${predicateType}`));
  }

  /** The thing that a statement itself is. */
  selfOf(number: number): number {
    return this.#self.get(number);
  }

  /** True when the statement of this number is that thing itself, and not only about it. */
  isSelf(number: number, id: string): boolean {
    return this.#self.get(number) === this.thing(id);
  }

  /** True when the statement that is this thing is held here, and not only spoken of. */
  holds(id: string): boolean {
    for (const number of this.statementsAbout(this.thing(id))) if (this.isSelf(number, id)) return true;
    return false;
  }

  /** When a statement became known here, in ms since 1970. */
  knownAt(statement: number): number {
    return this.#knownAt.get(statement);
  }

  /**
   * Walks from some things (their numbers) by breadth, over edges known at `at` (null for now), to `depth` steps or until `max` things
   * are met. Two things are one step apart where a statement says that one was made with the other.
   */
  walk(
    start: readonly number[],
    how: { direction: Direction; depth: number; at: number | null; max: number },
  ): Walk {
    this.#mark += 1;
    this.#marks.set(this.#names.size, this.#marks.get(this.#names.size));
    const marks = this.#marks.values;
    const met: number[] = [];
    const depths: number[] = [];
    const meet = (thing: number, depth: number) => {
      if (thing === 0 || marks[thing] === this.#mark) return;
      marks[thing] = this.#mark;
      met.push(thing);
      depths.push(depth);
    };
    for (const thing of start) meet(thing, 0);
    const ways = [
      ...(how.direction === 'uses' ? [] : [this.#sources]),
      ...(how.direction === 'sources' ? [] : [this.#uses]),
    ];
    for (let i = 0; i < met.length && met.length <= how.max; i++) {
      const depth = depths[i]! + 1;
      if (depth > how.depth) break;
      for (const way of ways) this.#step(way, met[i]!, how.at, (thing) => meet(thing, depth));
    }
    const kept = Math.min(met.length, how.max);
    return {
      things: Uint32Array.from(met.slice(0, kept)),
      depths: Uint8Array.from(depths.slice(0, kept)),
      cut: kept < met.length,
    };
  }

  #step({ lists, said }: Ends, from: number, at: number | null, meet: (thing: number) => void): void {
    const { values: next } = lists.next;
    const { values: items } = lists.items;
    for (let edge = lists.heads.get(from); edge !== 0; edge = next[edge]!)
      if (at === null || this.#knownAt.get(said.get(edge)) <= at) meet(items[edge]!);
  }
}
