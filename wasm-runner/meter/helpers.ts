// The functions that the rewriter appends to a module: memory.grow and table.grow under a cap. Must not: be reachable by name.

import type { ByteWriter } from './byte-writer.ts';
import { FUEL_UNIT } from './counter.ts';
import { LENGTH_WEIGHTS } from './schedule.ts';

/** Indexes of the globals that the helpers use. */
export interface HelperGlobals {
  /** The global of counter.ts. */
  readonly counter: number;
  /** Pages that memory may have. */
  readonly pagesMax: number;
  /** Elements that tables may still grow by. */
  readonly elementsLeft: number;
  /** What happened: bit 0 a growth was refused by the cap, bit 1 the machine had no memory below the cap. */
  readonly flags: number;
}

export const FLAG_GROWTH_REFUSED = 1;
export const FLAG_HOST_MEMORY = 2;

/**
 * Body of `(func (param i32) (result i32))` in place of memory.grow: -1 above the cap as a module expects; a failure of the machine
 * below the cap ends the run instead, because another machine would have grown.
 */
export function emitGrowMemory(out: ByteWriter, globals: HelperGlobals): void {
  const start = out.openLength();
  out.raw(0x01, 0x01, 0x7f); // one i32 local: the result
  get(out, 0x20, 0);
  get(out, 0x23, globals.pagesMax);
  out.raw(0x3f, 0x00, 0x6b, 0x4b); // memory.size; sub; gt_u
  refuse(out, globals);
  charge(out, globals, 0, LENGTH_WEIGHTS.growPage);
  get(out, 0x20, 0);
  out.raw(0x40, 0x00); // memory.grow
  checkGrown(out, globals, 1);
  get(out, 0x20, 1);
  out.byte(0x0b);
  out.closeLength(start);
}

/** Body of `(func (param reftype i32) (result i32))` in place of table.grow of `table`, which may have `max` elements. */
export function emitGrowTable(
  out: ByteWriter,
  globals: HelperGlobals,
  table: number,
  max: number | null,
): void {
  const start = out.openLength();
  out.raw(0x01, 0x01, 0x7f);
  if (max !== null) {
    get(out, 0x20, 1);
    out.byte(0x41);
    out.signed(max | 0);
    out.raw(0xfc, 0x10);
    out.u32(table);
    out.raw(0x6b, 0x4b, 0x04, 0x40, 0x41, 0x7f, 0x0f, 0x0b); // above its own maximum: -1
  }
  get(out, 0x20, 1);
  get(out, 0x23, globals.elementsLeft);
  out.byte(0x4b);
  refuse(out, globals);
  charge(out, globals, 1, 2 ** LENGTH_WEIGHTS.bulkTableShift);
  get(out, 0x20, 0);
  get(out, 0x20, 1);
  out.raw(0xfc, 0x0f);
  out.u32(table);
  checkGrown(out, globals, 2);
  get(out, 0x23, globals.elementsLeft);
  get(out, 0x20, 1);
  out.byte(0x6b);
  get(out, 0x24, globals.elementsLeft);
  get(out, 0x20, 2);
  out.byte(0x0b);
  out.closeLength(start);
}

function get(out: ByteWriter, opcode: number, index: number): void {
  out.byte(opcode);
  out.u32(index);
}

function flag(out: ByteWriter, globals: HelperGlobals, bit: number): void {
  get(out, 0x23, globals.flags);
  out.raw(0x41, bit, 0x72);
  get(out, 0x24, globals.flags);
}

/** With "too much" on the stack: notes the refusal and returns -1. */
function refuse(out: ByteWriter, globals: HelperGlobals): void {
  out.raw(0x04, 0x40);
  flag(out, globals, FLAG_GROWTH_REFUSED);
  out.raw(0x41, 0x7f, 0x0f, 0x0b);
}

function charge(out: ByteWriter, globals: HelperGlobals, local: number, weight: number): void {
  get(out, 0x23, globals.counter);
  get(out, 0x20, local);
  out.byte(0xad);
  out.byte(0x42);
  out.signed(weight * FUEL_UNIT);
  out.raw(0x7e, 0x7d);
  get(out, 0x24, globals.counter);
  get(out, 0x23, globals.counter);
  out.raw(0x42, 0x00, 0x53, 0x04, 0x40, 0x00, 0x0b);
}

/** With the result of a growth on the stack: keeps it in `local`; -1 here is the machine's failure. */
function checkGrown(out: ByteWriter, globals: HelperGlobals, local: number): void {
  get(out, 0x22, local);
  out.raw(0x41, 0x7f, 0x46, 0x04, 0x40);
  flag(out, globals, FLAG_HOST_MEMORY);
  out.raw(0x00, 0x0b);
}
