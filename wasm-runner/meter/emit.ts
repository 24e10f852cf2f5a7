// Second pass over one function body: copies it with the scanner's edits applied. Must not: decide what to edit.
//
// A function with a loop holds the counter in a local, and writes it back at every loop head, around calls and on every way out, so
// that a trap loses the charge of one iteration at most. Others work on the global.
// A function that can recurse takes its frame from the stack and gives it back in an epilogue that all ways out share: the
// body stands in one block with the function's results, so branch depths stay as they were.

import type { ByteWriter } from './byte-writer.ts';
import { EXHAUSTED_MASK, FUEL_UNIT, STACK_BITS, STACK_UNIT_BYTES } from './counter.ts';
import * as edits from './edits.ts';
import { FUNCTION_BYTES_OUT_MAX, LEAF_FRAME_BYTES_MAX } from './limits.ts';
import type { FunctionType, Outline } from './module.ts';
import { F32, F32X4, F64, F64X2 } from './opcodes.ts';
import { tooBig } from './refusal.ts';
import type { Scanner } from './scan.ts';
import { LENGTH_WEIGHTS } from './schedule.ts';

const I32 = 0x7f;
const I64 = 0x7e;
const V128 = 0x7b;

/** Bytes of a frame that every call takes on the metered stack, whatever the function holds. */
const FRAME_BASE_BYTES = 64;
/** Bytes per local and operand: what an engine's baseline tier spills; vectors take twice that. */
const SLOT_BYTES = 8;

/** Indexes of what the rewriter added to the module. */
export interface Additions {
  /** The global of counter.ts. */
  readonly counter: number;
  readonly growMemory: number;
  readonly growTable: ReadonlyMap<number, number>;
  /** First of the globals that count fuel by function, one each; null without a trace. */
  readonly trace: number | null;
  /** Type index of a block that gives a function type's several results. */
  blockType(type: FunctionType): number;
}

export class Emitter {
  readonly #out: ByteWriter;
  readonly #outline: Outline;
  readonly #add: Additions;
  // State of the function in hand.
  #fuelLocal = -1;
  #fuelScratch = 0;
  /** Global that counts the fuel of the function in hand; -1 without a trace. */
  #trace = -1;
  #count = 0;
  #nan = 0;

  constructor(out: ByteWriter, outline: Outline, additions: Additions) {
    this.#out = out;
    this.#outline = outline;
    this.#add = additions;
  }

  /** Writes the body of function `index` (imports not counted) that `plan` has just scanned, with its length. */
  emit(index: number, plan: Scanner): void {
    const out = this.#out;
    const { bytes, bodies } = this.#outline;
    const type = this.#outline.types[this.#outline.functions[this.#outline.imports.length + index]!]!;
    const slot = plan.usesSimd ? SLOT_BYTES * 2 : SLOT_BYTES;
    const frame = FRAME_BASE_BYTES + slot * (plan.locals.count + plan.stack.heightMax);
    const metersStack = plan.callsOwn || frame > LEAF_FRAME_BYTES_MAX;
    const units = metersStack ? Math.ceil(frame / STACK_UNIT_BYTES) : 0;
    const inLocal = plan.hasLoop;
    this.#trace = this.#add.trace === null ? -1 : this.#add.trace + index;
    const start = out.openLength();
    this.#locals(plan, metersStack);
    this.#fuelLocal = inLocal ? this.#fuelScratch : -1;
    this.#note(plan.cellCost.values[0]!);
    if (inLocal) this.#set(0x23, this.#add.counter);
    const wrapped = inLocal || metersStack;
    this.#enter(plan.cellCost.values[0]!, units, inLocal);
    if (wrapped) {
      out.byte(0x02);
      this.#blockType(type);
    }
    this.#body(plan, bytes, bodies[index]!.end, wrapped);
    if (wrapped) {
      this.#leave(units);
      out.byte(0x0b);
    }
    if (out.at - start > FUNCTION_BYTES_OUT_MAX)
      throw tooBig(`a function grows to ${out.at - start} bytes, at most ${FUNCTION_BYTES_OUT_MAX}`);
    out.closeLength(start);
  }

  #locals(plan: Scanner, metersStack: boolean): void {
    const out = this.#out;
    let next = plan.locals.count;
    const groups: [count: number, type: number][] = [];
    this.#fuelScratch = next;
    if (metersStack || plan.hasLoop || plan.hasBulk) {
      groups.push([1, I64]);
      next++;
    }
    this.#count = next;
    if (plan.hasBulk) {
      groups.push([1, I32]);
      next++;
    }
    this.#nan = next;
    groups.push(...nanLocals(plan));
    out.u32(plan.locals.groups + groups.length);
    out.copy(this.#outline.bytes, plan.locals.groupsStart, plan.codeStart);
    for (const [count, type] of groups) {
      out.u32(count);
      out.byte(type);
    }
  }

  /** Function entry: the first charge and the frame in one step. The counter is on the stack already when it lives in a local. */
  #enter(cost: number, units: number, inLocal: boolean) {
    const out = this.#out;
    if (!inLocal) this.#set(0x23, this.#add.counter);
    this.#subtract(cost * FUEL_UNIT + units);
    if (units === 0) {
      if (inLocal) this.#set(0x22, this.#fuelLocal);
      return this.#set(0x24, this.#add.counter);
    }
    this.#settle();
    out.byte(0x42);
    out.signedBig(EXHAUSTED_MASK);
    out.raw(0x83, 0x50, 0x45); // i64.and, i64.eqz, i32.eqz
    this.#trapIf();
  }

  /** Function exit: gives the frame back and writes the counter back. */
  #leave(units: number): void {
    if (this.#fuelLocal < 0 && units === 0) return;
    const out = this.#out;
    if (this.#fuelLocal < 0) this.#set(0x23, this.#add.counter);
    else this.#set(0x20, this.#fuelLocal);
    if (units > 0) {
      out.byte(0x42);
      out.signed(units);
      out.byte(0x7c);
    }
    this.#set(0x24, this.#add.counter);
  }

  #body(plan: Scanner, bytes: Uint8Array, end: number, wrapped: boolean): void {
    const out = this.#out;
    const count = plan.edits.length;
    const at = plan.edits.at.values;
    const ends = plan.edits.end.values;
    const kinds = plan.edits.kind.values;
    const args = plan.edits.arg.values;
    const seen = plan.edits.seen.values;
    let from = plan.codeStart;
    for (let edit = 1; edit < count; edit++) {
      const kind = kinds[edit]!;
      if (kind >= edits.NAN_VALUE && seen[edit] === 0) continue;
      const arg = args[edit]!;
      if (kind === edits.CHARGE) {
        const cost = plan.cellCost.values[arg]!;
        if (cost === 0) continue;
      } else if (kind <= edits.AFTER_CALL) {
        if (this.#fuelLocal < 0) continue;
      } else if (kind === edits.RETURN && !wrapped) continue;
      const position = at[edit]!;
      if (from < position) out.copy(bytes, from, position);
      from = ends[edit]!;
      this.#apply(plan, kind, arg);
    }
    out.copy(bytes, from, end);
  }

  #apply(plan: Scanner, kind: number, arg: number) {
    const out = this.#out;
    switch (kind) {
      case edits.CHARGE:
        return this.#charge(plan.cellCost.values[arg]!, plan.cellKind.values[arg] === edits.CELL_LOOP);
      case edits.BEFORE_CALL:
        return this.#writeBack();
      case edits.AFTER_CALL:
        out.byte(0x23);
        out.u32(this.#add.counter);
        return this.#set(0x21, this.#fuelLocal);
      case edits.RETURN:
        out.byte(0x0c);
        return out.u32(arg);
      case edits.BULK_MEMORY:
        return this.#bulk(LENGTH_WEIGHTS.bulkMemoryShift, 0);
      case edits.BULK_TABLE:
        return this.#bulk(0, LENGTH_WEIGHTS.bulkTableShift);
      case edits.GROW_MEMORY:
        out.byte(0x10);
        return out.u32(this.#add.growMemory);
      case edits.GROW_TABLE:
        out.byte(0x10);
        return out.u32(this.#add.growTable.get(arg)!);
      case edits.NAN_VALUE: {
        const local = this.#nan + nanIndex(plan, arg);
        this.#set(0x22, local);
        return this.#canonical(arg, local);
      }
      default:
        return this.#canonical(plan.locals.types[arg] === 0x7d ? F32 : F64, arg);
    }
  }

  #charge(cost: number, check: boolean) {
    const out = this.#out;
    this.#note(cost);
    out.byte(this.#fuelLocal < 0 ? 0x23 : 0x20);
    out.u32(this.#fuelLocal < 0 ? this.#add.counter : this.#fuelLocal);
    this.#subtract(cost * FUEL_UNIT);
    if (!check)
      return this.#set(
        this.#fuelLocal < 0 ? 0x24 : 0x21,
        this.#fuelLocal < 0 ? this.#add.counter : this.#fuelLocal,
      );
    this.#settle();
    this.#trapIfNegative();
  }

  /** With a length on the stack: charges it and stops before the work when the fuel does not cover it. */
  #bulk(right: number, left: number): void {
    const out = this.#out;
    this.#set(0x22, this.#count);
    // The operand stays below; the fuel is computed above it.
    out.byte(this.#fuelLocal < 0 ? 0x23 : 0x20);
    out.u32(this.#fuelLocal < 0 ? this.#add.counter : this.#fuelLocal);
    this.#set(0x20, this.#count);
    out.byte(0xad); // i64.extend_i32_u
    if (right > 0) {
      out.byte(0x42);
      out.signed(right);
      out.byte(0x88); // i64.shr_u
    }
    out.byte(0x42);
    out.signed(STACK_BITS + left);
    out.byte(0x86); // i64.shl
    out.byte(0x7d);
    this.#settle();
    this.#trapIfNegative();
  }

  /** Adds a charge to the function's own count, where one is kept. It takes no fuel: a traced run costs what any run costs. */
  #note(cost: number): void {
    if (this.#trace < 0) return;
    const out = this.#out;
    this.#set(0x23, this.#trace);
    out.byte(0x42);
    out.signed(cost);
    out.byte(0x7c);
    this.#set(0x24, this.#trace);
  }

  #subtract(cost: number): void {
    const out = this.#out;
    out.byte(0x42);
    out.signed(cost);
    out.byte(0x7d);
  }

  #set(opcode: number, index: number): void {
    this.#out.byte(opcode);
    this.#out.u32(index);
  }

  /** Pops an i64; a negative one ends the run. */
  #trapIfNegative(): void {
    const out = this.#out;
    out.raw(0x42, 0x00, 0x53);
    this.#trapIf();
  }

  #trapIf(): void {
    this.#out.raw(0x04, 0x40, 0x00, 0x0b);
  }

  /** Stores the counter on the stack and leaves it there: whatever check follows, the end can be told from the global. */
  #settle(): void {
    this.#set(0x22, this.#fuelScratch);
    this.#set(0x24, this.#add.counter);
    this.#set(0x20, this.#fuelScratch);
  }

  #writeBack(): void {
    this.#set(0x20, this.#fuelLocal);
    this.#set(0x24, this.#add.counter);
  }

  #blockType(type: FunctionType): void {
    const out = this.#out;
    if (type.results.length === 0) out.byte(0x40);
    else if (type.results.length === 1) out.byte(type.results[0]!);
    else out.signed(this.#add.blockType(type));
  }

  /** With a float on the stack and in `local`: puts the canonical NaN in its place when it is one. */
  #canonical(shape: number, local: number): void {
    const out = this.#out;
    if (shape === F32X4 || shape === F64X2) {
      out.raw(0xfd, 0x0c, ...(shape === F32X4 ? F32X4_NAN : F64X2_NAN));
      this.#set(0x20, local);
      this.#set(0x20, local);
      out.raw(0xfd, shape === F32X4 ? 0x41 : 0x47, 0xfd, 0x52); // lanes that equal themselves stay: eq, bitselect
      return;
    }
    // A branch that is never taken costs less than a select: x == x ? x : nan.
    this.#set(0x20, local);
    out.raw(shape === F32 ? 0x5b : 0x61, 0x04, shape === F32 ? 0x7d : 0x7c);
    this.#set(0x20, local);
    if (shape === F32) out.raw(0x05, 0x43, 0x00, 0x00, 0xc0, 0x7f, 0x0b);
    else out.raw(0x05, 0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 0x0b);
  }
}

const F32X4_NAN = [0, 0, 0xc0, 0x7f, 0, 0, 0xc0, 0x7f, 0, 0, 0xc0, 0x7f, 0, 0, 0xc0, 0x7f];
const F64X2_NAN = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f];

/** Scratch locals for canonical NaNs: one of each type that the function needs, f32 before f64 before v128. */
function nanLocals(plan: Scanner): [count: number, type: number][] {
  const groups: [number, number][] = [];
  if (plan.stack.nanTypes & 1) groups.push([1, 0x7d]);
  if (plan.stack.nanTypes & 2) groups.push([1, 0x7c]);
  if (plan.stack.nanTypes & 4) groups.push([1, V128]);
  return groups;
}

function nanIndex(plan: Scanner, shape: number): number {
  const before = shape === F32 ? 0 : shape === F64 ? 1 : 3;
  const types = plan.stack.nanTypes & before;
  return (types & 1) + ((types >> 1) & 1);
}
