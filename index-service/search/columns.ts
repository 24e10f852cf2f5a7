// Fields of all cards by slot, in columns, with posting lists for what filters ask most. Slots only grow; a replaced card
// leaves a dead slot behind until the index is compacted.

import { SLA_CLASSES } from '../../protocol/card/index.ts';
import { REPUTATION_UNKNOWN } from '../limits.ts';
import type { CardFields } from '../store/record.ts';
import { PostingList } from './posting-list.ts';
import { StringTable } from './string-table.ts';

const FIRST_CAPACITY = 64;

export class CardColumns {
  readonly regions = new StringTable();
  readonly operators = new StringTable();
  readonly tags = new StringTable();
  readonly regionPostings: PostingList[] = [];
  readonly operatorPostings: PostingList[] = [];
  readonly tagPostings: PostingList[] = [];
  /** Amount by slot, for each `unit currency`. */
  readonly amounts = new Map<string, Map<number, bigint>>();
  #free = new Uint8Array(FIRST_CAPACITY);
  #region = new Uint32Array(FIRST_CAPACITY);
  #operator = new Uint32Array(FIRST_CAPACITY);
  #sla = new Uint8Array(FIRST_CAPACITY);
  #expires = new Float64Array(FIRST_CAPACITY);
  #reputation = new Float32Array(FIRST_CAPACITY);
  #tagsOf: Uint32Array[] = [];
  #slots = 0;
  #expiresMin = Number.POSITIVE_INFINITY;

  /** Slots given out so far, dead ones included. */
  get slots(): number {
    return this.#slots;
  }

  /** No living card expires before this. A lower bound: it may be older than the earliest living card. */
  get expiresMin(): number {
    return this.#expiresMin;
  }

  /** A slot that never answers, so that slots of a snapshot keep their numbers. */
  addDead(): number {
    const slot = this.#slots++;
    this.#grow();
    this.#tagsOf[slot] = new Uint32Array(0);
    return slot;
  }

  /** Stores the fields and returns their slot. */
  add(fields: CardFields, reputation = REPUTATION_UNKNOWN): number {
    const slot = this.#slots++;
    this.#grow();
    this.#free[slot] = fields.prices.length === 0 ? 1 : 0;
    this.#region[slot] = this.regions.intern(fields.region);
    this.#operator[slot] = this.operators.intern(fields.operator);
    this.#sla[slot] = SLA_CLASSES.indexOf(fields.sla);
    this.#expires[slot] = fields.expiresAtMs;
    this.#reputation[slot] = reputation;
    this.#tagsOf[slot] = Uint32Array.from(new Set(fields.tags), (tag) => this.tags.intern(tag));
    this.#expiresMin = Math.min(this.#expiresMin, fields.expiresAtMs);
    posting(this.regionPostings, this.#region[slot]).push(slot);
    posting(this.operatorPostings, this.#operator[slot]).push(slot);
    for (const tag of this.#tagsOf[slot]) posting(this.tagPostings, tag).push(slot);
    for (const { unit, currency, amount } of fields.prices)
      this.#addPrice(`${unit} ${currency}`, slot, amount);
    return slot;
  }

  #addPrice(key: string, slot: number, amount: bigint): void {
    let column = this.amounts.get(key);
    if (column === undefined) {
      column = new Map();
      this.amounts.set(key, column);
    }
    const known = column.get(slot);
    // Two prices for one unit are an offer of the lower one.
    if (known === undefined || amount < known) column.set(slot, amount);
  }

  free(slot: number): boolean {
    return this.#free[slot] === 1;
  }

  region(slot: number): number {
    return this.#region[slot]!;
  }

  operator(slot: number): number {
    return this.#operator[slot]!;
  }

  sla(slot: number): number {
    return this.#sla[slot]!;
  }

  expires(slot: number): number {
    return this.#expires[slot]!;
  }

  reputation(slot: number): number {
    return this.#reputation[slot]!;
  }

  setReputation(slot: number, value: number): void {
    this.#reputation[slot] = value;
  }

  /** Sets the bits of slots from `from` on that expire after a time. A plain loop: this is asked with another time each query. */
  markExpiringAfter(at: number, bits: Uint32Array, from: number): void {
    for (let slot = from; slot < this.#slots; slot++)
      if (this.#expires[slot]! > at) bits[slot >>> 5]! |= 1 << (slot & 31);
  }

  /** Sets the bits of slots from `from` on with at least this reputation. */
  markReputed(least: number, bits: Uint32Array, from: number): void {
    for (let slot = from; slot < this.#slots; slot++)
      if (this.#reputation[slot]! >= least) bits[slot >>> 5]! |= 1 << (slot & 31);
  }

  hasTag(slot: number, tag: number): boolean {
    return this.#tagsOf[slot]!.includes(tag);
  }

  #grow(): void {
    const capacity = this.#free.length;
    if (this.#slots <= capacity) return;
    const larger = <T extends Uint8Array | Uint32Array | Float32Array | Float64Array>(old: T): T => {
      const made = new (old.constructor as new (length: number) => T)(capacity * 2);
      made.set(old);
      return made;
    };
    this.#free = larger(this.#free);
    this.#region = larger(this.#region);
    this.#operator = larger(this.#operator);
    this.#sla = larger(this.#sla);
    this.#expires = larger(this.#expires);
    this.#reputation = larger(this.#reputation);
  }
}

function posting(lists: PostingList[], id: number): PostingList {
  lists[id] ??= new PostingList();
  return lists[id];
}
