// The operand stack of the function in hand, as the origins of its values: which edit could make a value's NaN canonical, and whether
// its exact bits are ever seen. NaN payloads of arithmetic differ between engines and tiers; copying bits does not change them.
//
// A NaN is made canonical as late as possible. Arithmetic on arithmetic sees no payload. A float local that only ever receives
// arithmetic results may hold any NaN; it is made canonical where the local is read and seen. Any other float local receives
// canonical values, because it may also hold bits that were loaded and must stay as they are.
// Must not: know instructions.

import { type EditList, IntList, NAN_LOCAL, NAN_VALUE } from './edits.ts';
import { HEIGHT_MAX } from './limits.ts';
import type { Locals } from './locals.ts';
import { F32, F32X4, F64, F64X2 } from './opcodes.ts';
import { tooBig } from './refusal.ts';

/** Bits of unknown origin. */
export const RAW = -1;
/** A float that is no NaN, or the canonical one. */
export const NEVER_NAN = -2;

const TYPE_F32 = 0x7d;
const TYPE_F64 = 0x7c;
const TYPE_V128 = 0x7b;

/** Rounds of passing "holds unknown bits" from local to local before all locals are taken to. */
const SETTLE_ROUNDS_MAX = 8;

export class ValueStack {
  height = 0;
  /** Height below which the block in hand cannot pop. */
  base = 0;
  /** Highest it was. */
  heightMax = 0;
  /** Scratch locals that canonical NaNs need: bit 0 f32, bit 1 f64, bit 2 v128. */
  nanTypes = 0;
  readonly #edits: EditList;
  readonly #locals: Locals;
  #origins = new Int32Array(256);
  /** No value at or above this height has an edit as its origin: what was marked is not visited again. */
  #openTop = 0;
  /** 1 for float locals that receive bits of unknown origin. */
  #raw = new Uint8Array(256);
  // Writes of arithmetic results to float locals.
  readonly #writeLocal = new IntList();
  readonly #writeOrigin = new IntList();

  constructor(edits: EditList, locals: Locals) {
    this.#edits = edits;
    this.#locals = locals;
  }

  /** Starts a function whose locals are known. */
  reset(): void {
    this.height = this.base = this.heightMax = this.nanTypes = this.#openTop = 0;
    this.#writeLocal.length = this.#writeOrigin.length = 0;
    const { count, params } = this.#locals;
    if (count > this.#raw.length) this.#raw = new Uint8Array(count * 2);
    this.#raw.fill(1, 0, params);
    this.#raw.fill(0, params, count);
  }

  push(origin: number): void {
    if (this.height === this.#origins.length) {
      if (this.height >= HEIGHT_MAX) throw tooBig(`more than ${HEIGHT_MAX} operands on the stack`);
      this.#grow();
    }
    this.#origins[this.height++] = origin;
    if (origin >= 0) this.#openTop = this.height;
    if (this.height > this.heightMax) this.heightMax = this.height;
  }

  pushRaw(count: number): void {
    if (count === 0) return;
    const end = this.height + count;
    if (end > HEIGHT_MAX) throw tooBig(`more than ${HEIGHT_MAX} operands on the stack`);
    while (end > this.#origins.length) this.#grow();
    this.#origins.fill(RAW, this.height, end);
    this.height = end;
    if (end > this.heightMax) this.heightMax = end;
  }

  #grow(): void {
    const bigger = new Int32Array(this.#origins.length * 2);
    bigger.set(this.#origins);
    this.#origins = bigger;
  }

  pop(count: number): void {
    this.height -= count;
    if (this.height < this.base) this.height = this.base;
  }

  /** Marks the top `count` values as seen bit by bit, from here on. */
  observe(count: number): void {
    const bottom = Math.max(this.base, this.height - count);
    let slot = Math.min(this.height, this.#openTop) - 1;
    if (slot < bottom) return;
    for (; slot >= bottom; slot--) {
      const origin = this.#origins[slot]!;
      if (origin < 0) continue;
      this.#edits.seen.values[origin] = 1;
      this.#origins[slot] = RAW;
    }
    this.#openTop = bottom;
  }

  popObserved(count: number): void {
    this.observe(count);
    this.pop(count);
  }

  /** Pops the operands of float arithmetic of `shape`. Vectors of another shape are seen. */
  popArithmetic(count: number, shape: number): void {
    if (shape === F32X4 || shape === F64X2) {
      for (let slot = this.height - 1; slot >= this.base && slot >= this.height - count; slot--) {
        const origin = this.#origins[slot]!;
        if (origin >= 0 && this.#edits.arg.values[origin] !== shape) this.#edits.seen.values[origin] = 1;
      }
    }
    this.pop(count);
  }

  /** Pops two values of a select and pushes the chosen one. */
  select(): void {
    const top = this.height - 1;
    const known = top - 1 >= this.base && this.#origins[top] !== RAW && this.#origins[top - 1] !== RAW;
    this.popObserved(2);
    this.push(known ? NEVER_NAN : RAW);
  }

  /** `local.get` that ends at byte `end`. */
  readLocal(index: number, end: number): void {
    const type = this.#locals.types[index]!;
    const tracked = index >= this.#locals.params && (type === TYPE_F32 || type === TYPE_F64);
    this.push(tracked ? this.#edits.add(NAN_LOCAL, end, end, index) : RAW);
  }

  /** `local.set` and `local.tee`: the value on top goes into a local and stays on the stack here. */
  writeLocal(index: number) {
    const type = this.#locals.types[index]!;
    if (type === TYPE_V128) return this.observe(1);
    if (type !== TYPE_F32 && type !== TYPE_F64) return;
    const origin = this.height > this.base ? this.#origins[this.height - 1]! : RAW;
    if (origin === RAW) this.#raw[index] = 1;
    else if (origin >= 0) {
      this.#writeLocal.push(index);
      this.#writeOrigin.push(origin);
    }
  }

  /** At the end of a function: decides which locals hold what, and with it which edits are needed. */
  settle(): void {
    const { kind, arg, seen } = this.#edits;
    const raw = this.#raw;
    this.#spreadRaw();
    for (let write = 0; write < this.#writeLocal.length; write++) {
      if (raw[this.#writeLocal.values[write]!] === 1) seen.values[this.#writeOrigin.values[write]!] = 1;
    }
    for (let edit = 0; edit < kind.length; edit++) {
      if (kind.values[edit] === NAN_LOCAL) {
        if (raw[arg.values[edit]!] === 1) seen.values[edit] = 0;
      } else if (kind.values[edit] === NAN_VALUE && seen.values[edit] === 1) {
        const shape = arg.values[edit]!;
        this.nanTypes |= shape === F32 ? 1 : shape === F64 ? 2 : 4;
      }
    }
  }

  /** A local written from a local with unknown bits has unknown bits too. */
  #spreadRaw(): void {
    const { kind, arg } = this.#edits;
    const raw = this.#raw;
    for (let round = 0; round < SETTLE_ROUNDS_MAX; round++) {
      let settled = true;
      for (let write = 0; write < this.#writeLocal.length; write++) {
        const origin = this.#writeOrigin.values[write]!;
        const target = this.#writeLocal.values[write]!;
        if (kind.values[origin] !== NAN_LOCAL || raw[arg.values[origin]!] === 0 || raw[target] === 1)
          continue;
        raw[target] = 1;
        settled = false;
      }
      if (settled) return;
    }
    raw.fill(1, 0, this.#locals.count);
  }
}
