// Evaluates a filter before any search: to a list of slots where few pass, else to a bitmap. A slot's fields never change
// (a new version of a card gets a new slot), so the bitmap of a condition is kept and only extended by new slots.

import { RecentMap } from '../../protocol/bounded/index.ts';
import type { CardFilter } from '../interface.ts';
import { andWith, countBits, hasBit, invert, orWith, setBit, wordsFor } from './bitset.ts';
import type { CardColumns } from './columns.ts';
import { type Condition, conditionsOf } from './conditions.ts';
import { KeptLists, listOf } from './kept-lists.ts';
import { LIST_SHARE_MAX, type Selection } from './searcher.ts';

/** Bitmaps kept: an eighth of a byte per slot each. */
const KEPT_MAX = 64;
/** A condition that names fewer slots than this share of all leads: its slots are checked one by one. */
const LEAD_SHARE = 1 / 16;

interface Kept {
  bits: Uint32Array;
  /** Slots below this are in `bits`. */
  upTo: number;
}

export class FilterEvaluator {
  readonly #columns: CardColumns;
  readonly #living: () => Uint32Array;
  readonly #leadShare: number;
  readonly #kept = new RecentMap<string, Kept>(KEPT_MAX);
  readonly #lists: KeptLists;

  constructor(columns: CardColumns, living: () => Uint32Array, leadShare = LEAD_SHARE, newsShare?: number) {
    this.#lists = new KeptLists(newsShare);
    this.#columns = columns;
    this.#living = living;
    this.#leadShare = leadShare;
  }

  /** The living slots that pass. `cards` is the number of living slots. */
  select(filter: CardFilter | undefined, cards: number): Selection {
    const conditions = filter === undefined ? [] : conditionsOf(filter, this.#columns);
    if (conditions.length === 0) return { kind: 'living', count: cards };
    const whole = this.#wholeList(conditions, cards);
    if (whole !== null) return { kind: 'list', slots: whole };
    const { slots } = this.#columns;
    const key = keyOf(conditions);
    const now = { slots, dead: slots - cards, living: this.#living() };
    const kept = key === null ? null : this.#lists.find(key, now, () => this.#checkAll(conditions));
    if (kept !== null) return { kind: 'list', slots: kept };
    const leader = this.#leader(conditions);
    if (leader !== null) return { kind: 'list', slots: this.#checkOneByOne(leader, conditions) };
    const bits = this.#living().slice(0, wordsFor(this.#columns.slots));
    for (const condition of conditions) andWith(bits, this.#bits(condition));
    const count = countBits(bits);
    if (key === null || count > slots * LIST_SHARE_MAX) return { kind: 'bits', bits, count };
    return { kind: 'list', slots: this.#lists.keep(key, now, listOf(bits, count)) };
  }

  #checkAll(conditions: readonly Condition[]): (slot: number) => boolean {
    const checks = conditions.map((one) => this.#check(one));
    return (slot) => passesAll(checks, slot);
  }

  /** The posting list of the only condition, when nothing is dead: it is the answer as it stands, unless it names most. */
  #wholeList(conditions: readonly Condition[], cards: number): Uint32Array | null {
    const { slots } = this.#columns;
    const only = conditions.length === 1 && cards === slots ? conditions[0]! : null;
    if (only?.kind !== 'postings' || only.lists.length !== 1) return null;
    const list = only.lists[0]!;
    return list.length <= slots * LIST_SHARE_MAX ? list.view() : null;
  }

  #leader(conditions: readonly Condition[]): Condition | null {
    let leader: Condition | null = null;
    let fewest = this.#columns.slots * this.#leadShare;
    for (const condition of conditions) {
      if (condition.kind !== 'postings') continue;
      const count = condition.lists.reduce((sum, list) => sum + list.length, 0);
      if (count <= fewest) [leader, fewest] = [condition, count];
    }
    return leader;
  }

  #checkOneByOne(leader: Condition, conditions: readonly Condition[]): Uint32Array {
    if (leader.kind !== 'postings') throw new TypeError('only a condition with lists can lead');
    const { lists } = leader;
    const living = this.#living();
    const checks = conditions.filter((one) => one !== leader).map((one) => this.#check(one));
    const out = new Uint32Array(lists.reduce((sum, list) => sum + list.length, 0));
    let count = 0;
    for (const list of lists) {
      const slots = list.view();
      for (let i = 0; i < slots.length; i++) {
        const slot = slots[i]!;
        if (hasBit(living, slot) && passesAll(checks, slot)) out[count++] = slot;
      }
    }
    const found = out.subarray(0, count);
    return lists.length < 2 ? found : distinct(found.sort());
  }

  #check(condition: Condition): (slot: number) => boolean {
    switch (condition.kind) {
      case 'postings':
      case 'test':
        return condition.passes;
      case 'and': {
        const inner = condition.inner.map((one) => this.#check(one));
        return (slot) => inner.every((check) => check(slot));
      }
      case 'or': {
        const inner = condition.inner.map((one) => this.#check(one));
        return (slot) => inner.some((check) => check(slot));
      }
      case 'not': {
        const inner = this.#check(condition.inner);
        return (slot) => !inner(slot);
      }
    }
  }

  /** Bitmap of a condition over all slots, dead ones included. Not to be changed. */
  #bits(condition: Condition): Uint32Array {
    const words = wordsFor(this.#columns.slots);
    switch (condition.kind) {
      case 'postings':
        return this.#keep(condition.key, (bits, from) => {
          for (const list of condition.lists) for (const slot of list.from(from)) setBit(bits, slot);
        });
      case 'test':
        if (condition.key === null) return this.#fill(new Uint32Array(words), 0, condition);
        return this.#keep(condition.key, (bits, from) => this.#fill(bits, from, condition));
      case 'and': {
        const bits = new Uint32Array(words).fill(0xffffffff);
        for (const one of condition.inner) andWith(bits, this.#bits(one));
        return bits;
      }
      case 'or': {
        const bits = new Uint32Array(words);
        for (const one of condition.inner) orWith(bits, this.#bits(one));
        return bits;
      }
      case 'not': {
        const bits = this.#bits(condition.inner).slice(0, words);
        invert(bits);
        return bits;
      }
    }
  }

  #fill(
    bits: Uint32Array,
    from: number,
    { passes, mark }: Extract<Condition, { kind: 'test' }>,
  ): Uint32Array {
    if (mark !== undefined) mark(bits, from);
    else for (let slot = from; slot < this.#columns.slots; slot++) if (passes(slot)) setBit(bits, slot);
    return bits;
  }

  #keep(key: string, extend: (bits: Uint32Array, from: number) => void): Uint32Array {
    const kept = this.#kept.get(key) ?? { bits: new Uint32Array(0), upTo: 0 };
    const words = wordsFor(this.#columns.slots);
    if (kept.bits.length < words) {
      const larger = new Uint32Array(Math.max(words, kept.bits.length * 2));
      larger.set(kept.bits);
      kept.bits = larger;
    }
    if (kept.upTo < this.#columns.slots) extend(kept.bits, kept.upTo);
    kept.upTo = this.#columns.slots;
    this.#kept.set(key, kept);
    return kept.bits;
  }
}

/** Names what conditions let through; null when that can change for a slot, or is seldom asked twice. */
function keyOf(conditions: readonly Condition[]): string | null {
  const keys: string[] = [];
  for (const one of conditions) {
    const key = conditionKey(one);
    if (key === null) return null;
    keys.push(key);
  }
  // Length first: a currency is text of a user, and must not pose as two conditions.
  return keys.map((key) => `${key.length}:${key}`).join('');
}

function conditionKey(condition: Condition): string | null {
  if (condition.kind === 'postings' || condition.kind === 'test') return condition.key;
  const inner = keyOf(condition.kind === 'not' ? [condition.inner] : condition.inner);
  return inner === null ? null : `${condition.kind}(${inner})`;
}

function passesAll(checks: readonly ((slot: number) => boolean)[], slot: number): boolean {
  for (let i = 0; i < checks.length; i++) if (!checks[i]!(slot)) return false;
  return true;
}

function distinct(sorted: Uint32Array): Uint32Array {
  let count = 0;
  for (const slot of sorted) if (count === 0 || sorted[count - 1] !== slot) sorted[count++] = slot;
  return sorted.subarray(0, count);
}
