// First pass over one function body: cuts it into parts with one fuel charge each, finds the places that must change, and works out
// which NaNs could be seen. The result is a list of edits in position order. Must not: write bytes, or decide weights.
//
// A part ("cell") is a set of instructions that runs exactly when its first one does. Blocks and ifs without a branch past their end
// hand the cell of their entry on to what follows them, so that straight code pays once, however nested it is.

import { ByteReader } from './byte-reader.ts';
import { checkReferenceType, checkValueType, refuseCore, refuseMisc, refuseSimd } from './features.ts';
import { FUNCTION_BYTES_MAX, LOCALS_MAX, NESTING_MAX } from './limits.ts';
import type { FunctionType, Outline } from './module.ts';
import * as op from './opcodes.ts';
import { feature, invalid, tooBig } from './refusal.ts';
import { CORE_WEIGHTS, ENTRY_WEIGHT, MISC_WEIGHTS, SIMD_WEIGHTS } from './schedule.ts';

/** Insert the charge of cell `arg`. */
export const CHARGE = 0;
/** A call stands between BEFORE_CALL and AFTER_CALL: fuel held in a local is written back around it. */
export const BEFORE_CALL = 1;
export const AFTER_CALL = 2;
/** `return` at depth `arg`: becomes a branch to the epilogue where there is one. */
export const RETURN = 3;
/** Bulk memory or table instruction: charge by the length on top of the stack. */
export const BULK_MEMORY = 4;
export const BULK_TABLE = 5;
/** Replaced by a call of a helper; `arg` is the table. */
export const GROW_MEMORY = 6;
export const GROW_TABLE = 7;
/** Make a NaN canonical; `arg` is F32, F64, F32X4 or F64X2. */
export const NAN_VALUE = 8;
/** The same after `local.get arg`. */
export const NAN_LOCAL = 9;

export const CELL_PLAIN = 0;
export const CELL_LOOP = 1;

const RAW = -1;
const NEVER_NAN = -2;

const BLOCK = 0;
const LOOP = 1;
const IF = 2;
const ELSE = 3;

/** Lists that grow by doubling and are reused from function to function. */
class IntList {
  values = new Int32Array(256);
  length = 0;

  push(value: number): number {
    if (this.length === this.values.length) {
      const bigger = new Int32Array(this.values.length * 2);
      bigger.set(this.values);
      this.values = bigger;
    }
    this.values[this.length] = value;
    return this.length++;
  }
}

/** Reusable scanner; after `scan` its public fields describe the function, until the next call. */
export class Scanner {
  readonly editAt = new IntList();
  readonly editEnd = new IntList();
  readonly editKind = new IntList();
  readonly editArg = new IntList();
  /** 1 where a NaN edit is needed. */
  readonly editSeen = new IntList();
  readonly cellCost = new IntList();
  readonly cellKind = new IntList();
  /** First byte after the local declarations. */
  codeStart = 0;
  /** Start of the groups of local declarations, their number, and the number of locals with parameters. */
  groupsStart = 0;
  groups = 0;
  locals = 0;
  hasLoop = false;
  /** Calls a function of the module itself, so it can recurse. */
  callsOwn = false;
  callsAny = false;
  hasBulk = false;
  usesSimd = false;
  /** Highest operand stack. */
  heightMax = 0;
  growsMemory = false;
  /** Scratch locals that canonical NaNs need: bit 0 f32, bit 1 f64, bit 2 v128. */
  nanTypes = 0;
  readonly growsTables = new Set<number>();

  readonly #outline: Outline;
  readonly #reader: ByteReader;
  readonly #frameKind = new IntList();
  readonly #frameHeight = new IntList();
  readonly #frameType: (FunctionType | number)[] = [];
  readonly #frameCell = new IntList();
  readonly #frameEscape = new IntList();
  #localTypes = new Uint8Array(256);
  #params = 0;
  #origins = new Int32Array(256);
  #height = 0;
  #base = 0;
  #cell = 0;
  // Float locals: written with bits of unknown origin, and where arithmetic results are written to them.
  #rawLocals = new Uint8Array(256);
  readonly #writeLocal = new IntList();
  readonly #writeOrigin = new IntList();

  constructor(outline: Outline) {
    this.#outline = outline;
    this.#reader = new ByteReader(outline.bytes);
  }

  /** Scans body `index` (imports not counted). Throws Refusal. */
  scan(index: number): void {
    const outline = this.#outline;
    const body = outline.bodies[index]!;
    if (body.end - body.start > FUNCTION_BYTES_MAX)
      throw tooBig(`function of ${body.end - body.start} bytes, at most ${FUNCTION_BYTES_MAX}`);
    const type = outline.types[outline.functions[outline.imports.length + index]!]!;
    const reader = this.#reader;
    reader.at = body.start;
    reader.end = body.end;
    this.#reset();
    this.#readLocals(type);
    this.codeStart = reader.at;
    this.#openCell(reader.at, CELL_PLAIN);
    this.#charge(ENTRY_WEIGHT);
    this.#pushFrame(BLOCK, type, 0);
    while (this.#frameKind.length > 0) this.#instruction();
    if (reader.at !== reader.end) throw invalid(`bytes after the end of a function at ${reader.at}`);
    this.#settleNans();
  }

  #reset(): void {
    for (const list of [
      this.editAt,
      this.editEnd,
      this.editKind,
      this.editArg,
      this.editSeen,
      this.cellCost,
      this.cellKind,
    ])
      list.length = 0;
    for (const list of [this.#frameKind, this.#frameHeight, this.#frameCell]) list.length = 0;
    for (const list of [this.#frameEscape, this.#writeLocal, this.#writeOrigin]) list.length = 0;
    this.#frameType.length = 0;
    this.#height = this.#base = this.heightMax = 0;
    this.hasLoop = this.callsOwn = this.callsAny = this.hasBulk = this.usesSimd = this.growsMemory = false;
    this.nanTypes = 0;
    this.growsTables.clear();
  }

  #readLocals(type: FunctionType): void {
    const reader = this.#reader;
    this.#params = type.params.length;
    let count = this.#params;
    this.groups = reader.count(LOCALS_MAX, 'locals');
    this.groupsStart = reader.at;
    for (let index = 0; index < this.groups; index++) {
      const size = reader.u32();
      const valueType = reader.byte();
      checkValueType(valueType);
      if (count + size > LOCALS_MAX) throw tooBig(`more than ${LOCALS_MAX} locals in one function`);
      while (count + size > this.#localTypes.length) this.#localTypes = grown(this.#localTypes);
      this.#localTypes.fill(valueType, count, count + size);
      if (valueType === 0x7b) this.usesSimd = true;
      count += size;
    }
    this.#localTypes.set(type.params, 0);
    while (count > this.#rawLocals.length) this.#rawLocals = grown(this.#rawLocals);
    this.#rawLocals.fill(0, 0, count);
    this.locals = count;
  }

  // Cells.

  #openCell(at: number, kind: number): void {
    const cell = this.cellCost.push(0);
    this.cellKind.push(kind);
    this.#edit(CHARGE, at, at, cell);
    this.#cell = cell;
  }

  #charge(weight: number): void {
    this.cellCost.values[this.#cell]! += weight;
  }

  #edit(kind: number, at: number, end: number, arg: number): number {
    this.editAt.push(at);
    this.editEnd.push(end);
    this.editArg.push(arg);
    this.editSeen.push(0);
    return this.editKind.push(kind);
  }

  // Operand stack: only the origin of each value is kept.

  #push(origin: number): void {
    if (this.#height === this.#origins.length) {
      const bigger = new Int32Array(this.#origins.length * 2);
      bigger.set(this.#origins);
      this.#origins = bigger;
    }
    this.#origins[this.#height++] = origin;
    if (this.#height > this.heightMax) this.heightMax = this.#height;
  }

  #pop(count: number): void {
    this.#height -= count;
    if (this.#height < this.#base) this.#height = this.#base;
  }

  /** Marks the top `count` values as seen bit by bit, from here on. */
  #observe(count: number): void {
    for (let slot = this.#height - 1; slot >= this.#base && slot >= this.#height - count; slot--) {
      const origin = this.#origins[slot]!;
      if (origin < 0) continue;
      this.editSeen.values[origin] = 1;
      this.#origins[slot] = RAW;
    }
  }

  #popObserved(count: number): void {
    this.#observe(count);
    this.#pop(count);
  }

  #pushMany(count: number): void {
    for (let index = 0; index < count; index++) this.#push(RAW);
  }

  /** Pops the operands of float arithmetic of `shape`; operands of another shape are seen. */
  #popArithmetic(count: number, shape: number): void {
    if (shape === op.F32X4 || shape === op.F64X2) {
      for (let slot = this.#height - 1; slot >= this.#base && slot >= this.#height - count; slot--) {
        const origin = this.#origins[slot]!;
        if (origin >= 0 && this.editArg.values[origin] !== shape) this.editSeen.values[origin] = 1;
      }
    }
    this.#pop(count);
  }

  // Frames.

  #pushFrame(kind: number, type: FunctionType | number, height: number): void {
    if (this.#frameKind.length >= NESTING_MAX) throw tooBig(`more than ${NESTING_MAX} nested blocks`);
    this.#frameKind.push(kind);
    this.#frameHeight.push(height);
    this.#frameType.push(type);
    this.#frameCell.push(this.#cell);
    this.#frameEscape.push(this.#frameKind.length);
    this.#base = height;
  }

  /** Notes a branch to the frame `depth` levels out and marks the values it carries. */
  #branch(depth: number): void {
    const target = this.#frameKind.length - 1 - depth;
    if (target < 0) throw invalid(`branch to unknown label ${depth}`);
    const top = this.#frameKind.length - 1;
    if (target < this.#frameEscape.values[top]!) this.#frameEscape.values[top] = target;
    const type = this.#frameType[target]!;
    if (this.#frameKind.values[target] === LOOP)
      this.#observe(typeof type === 'number' ? 0 : type.params.length);
    else this.#observe(typeof type === 'number' ? type : type.results.length);
  }

  #deadEnd(): void {
    this.#height = this.#base;
  }

  #blockType(): FunctionType | number {
    const code = this.#reader.s33();
    if (code >= 0) {
      const type = this.#outline.types[code];
      if (type === undefined) throw invalid(`unknown type ${code}`);
      return type;
    }
    if (code === -64) return 0;
    if (code < -64) throw invalid('malformed block type');
    checkValueType(code + 128);
    return 1;
  }

  #enter(kind: number): void {
    const type = this.#blockType();
    if (kind === IF) this.#pop(1);
    const params = typeof type === 'number' ? 0 : type.params.length;
    this.#popObserved(params);
    const height = this.#height;
    this.#pushFrame(kind, type, height);
    this.#pushMany(params);
    if (kind === LOOP) {
      this.hasLoop = true;
      this.#openCell(this.#reader.at, CELL_LOOP);
      this.#charge(CORE_WEIGHTS[0x03]!);
    } else if (kind === IF) this.#openCell(this.#reader.at, CELL_PLAIN);
  }

  #else(): void {
    const top = this.#frameKind.length - 1;
    if (this.#frameKind.values[top] !== IF) throw invalid('else without if');
    const type = this.#frameType[top]!;
    this.#observe(typeof type === 'number' ? type : type.results.length);
    this.#frameKind.values[top] = ELSE;
    this.#height = this.#base;
    this.#pushMany(typeof type === 'number' ? 0 : type.params.length);
    this.#openCell(this.#reader.at, CELL_PLAIN);
  }

  #end(): void {
    const top = this.#frameKind.length - 1;
    const type = this.#frameType[top]!;
    const results = typeof type === 'number' ? type : type.results.length;
    this.#observe(results);
    const outermost = this.#frameEscape.values[top]!;
    const entry = this.#frameCell.values[top]!;
    this.#height = this.#frameHeight.values[top]!;
    for (const list of [this.#frameKind, this.#frameHeight, this.#frameCell, this.#frameEscape])
      list.length = top;
    this.#frameType.length = top;
    if (top === 0) return;
    this.#base = this.#frameHeight.values[top - 1]!;
    this.#pushMany(results);
    if (outermost < top) {
      // Some branch leaves for further out, so what follows may not run.
      if (outermost < this.#frameEscape.values[top - 1]!) this.#frameEscape.values[top - 1] = outermost;
      this.#openCell(this.#reader.at, CELL_PLAIN);
    } else this.#cell = entry;
  }

  // Instructions.

  #instruction() {
    const reader = this.#reader;
    const at = reader.at;
    const opcode = reader.byte();
    if (op.CORE.known[opcode] === undefined) {
      if (opcode === 0xfc) return this.#misc(at);
      if (opcode === 0xfd) return this.#simd();
      throw refuseCore(opcode);
    }
    this.#charge(CORE_WEIGHTS[opcode]!);
    const immediates = op.CORE.immediates[opcode]!;
    if (immediates === op.SPECIAL) return this.#special(opcode, at);
    this.#immediates(immediates);
    this.#data(op.CORE.pops[opcode]!, op.CORE.pushes[opcode]!, op.CORE.effects[opcode]!);
  }

  #immediates(kind: number) {
    const reader = this.#reader;
    switch (kind) {
      case op.NONE:
        return;
      case op.MEMARG:
        return this.#memarg();
      case op.LANE:
        reader.skip(1);
        return;
      case op.MEMARG_LANE:
        this.#memarg();
        reader.skip(1);
        return;
      case op.BYTES_16:
        reader.skip(16);
        return;
      case op.INDEX:
      case op.LEB_32:
        reader.skipLeb(5);
        return;
      case op.INDEX_2:
        reader.skipLeb(5);
        reader.skipLeb(5);
        return;
      default:
        reader.skipLeb(10);
    }
  }

  #memarg(): void {
    // Bit 6 of the alignment says that a memory index follows.
    if (this.#reader.u32() >= 0x40) throw feature('multiple memories');
    this.#reader.skipLeb(5);
  }

  #data(pops: number, pushes: number, effect: number): void {
    switch (effect) {
      case op.PLAIN:
        this.#pop(pops);
        if (pushes === 1) this.#push(RAW);
        return;
      case op.CLEAN:
        this.#pop(pops);
        this.#push(NEVER_NAN);
        return;
      case op.OBSERVE:
        this.#popObserved(pops);
        if (pushes === 1) this.#push(RAW);
        return;
      default:
        this.#popArithmetic(pops, effect);
        this.#push(this.#edit(NAN_VALUE, this.#reader.at, this.#reader.at, effect));
    }
  }

  #special(opcode: number, at: number) {
    const reader = this.#reader;
    switch (opcode) {
      case 0x00:
        return this.#deadEnd();
      case 0x01:
        return;
      case 0x02:
        return this.#enter(BLOCK);
      case 0x03:
        // Its weight belongs to every iteration; `#enter` charges it there.
        this.#charge(-CORE_WEIGHTS[opcode]!);
        return this.#enter(LOOP);
      case 0x04:
        return this.#enter(IF);
      case 0x05:
        return this.#else();
      case 0x0b:
        return this.#end();
      case 0x0c:
        this.#branch(reader.u32());
        return this.#deadEnd();
      case 0x0d:
        this.#pop(1);
        this.#branch(reader.u32());
        return this.#openCell(reader.at, CELL_PLAIN);
      case 0x0e: {
        this.#pop(1);
        for (let left = reader.count(reader.bytes.length, 'br_table') + 1; left > 0; left--)
          this.#branch(reader.u32());
        return this.#deadEnd();
      }
      case 0x0f:
        this.#edit(RETURN, at, reader.at, this.#frameKind.length - 1);
        this.#branch(this.#frameKind.length - 1);
        return this.#deadEnd();
      case 0x10:
        return this.#call(at, reader.u32());
      case 0x11:
        return this.#callIndirect(at);
      case 0x1c:
        for (let left = reader.count(ARITY_LIST_MAX, 'select types'); left > 0; left--)
          checkValueType(reader.byte());
        return this.#select();
      case 0x1b:
        return this.#select();
      case 0x20:
        return this.#localGet(reader.u32());
      case 0x21:
        this.#localWrite(reader.u32());
        return this.#pop(1);
      case 0x22:
        return this.#localWrite(reader.u32());
      case 0x40:
        reader.skipLeb(5);
        this.growsMemory = true;
        this.callsAny = true;
        this.#edit(BEFORE_CALL, at, at, 0);
        this.#edit(GROW_MEMORY, at, reader.at, 0);
        this.#edit(AFTER_CALL, reader.at, reader.at, 0);
        return;
      case 0x43:
        return this.#push(this.#isNan(4) ? RAW : NEVER_NAN);
      case 0x44:
        return this.#push(this.#isNan(8) ? RAW : NEVER_NAN);
      case 0xd0:
        checkReferenceType(reader.byte());
        return this.#push(RAW);
      default:
        throw refuseCore(opcode);
    }
  }

  #isNan(size: number): boolean {
    const reader = this.#reader;
    reader.skip(size);
    const high = reader.bytes[reader.at - 1]! & 0x7f;
    const next = reader.bytes[reader.at - 2]!;
    // Exponent all ones: infinity or NaN. Infinity is treated alike; nothing depends on the difference.
    return high === 0x7f && (size === 4 ? next >= 0x80 : next >= 0xf0);
  }

  #call(at: number, index: number): void {
    const outline = this.#outline;
    const type = outline.types[outline.functions[index] ?? -1];
    if (type === undefined) throw invalid(`call of unknown function ${index}`);
    if (index >= outline.imports.length) this.callsOwn = true;
    this.#calling(at, type);
  }

  #callIndirect(at: number): void {
    const index = this.#reader.u32();
    this.#reader.u32();
    const type = this.#outline.types[index];
    if (type === undefined) throw invalid(`unknown type ${index}`);
    this.#pop(1);
    this.callsOwn = true;
    this.#calling(at, type);
  }

  #calling(at: number, type: FunctionType): void {
    this.callsAny = true;
    this.#edit(BEFORE_CALL, at, at, 0);
    this.#edit(AFTER_CALL, this.#reader.at, this.#reader.at, 0);
    this.#popObserved(type.params.length);
    this.#pushMany(type.results.length);
  }

  #select(): void {
    this.#pop(1);
    const top = this.#height - 1;
    const known = top - 1 >= this.#base && this.#origins[top] !== RAW && this.#origins[top - 1] !== RAW;
    this.#popObserved(2);
    this.#push(known ? NEVER_NAN : RAW);
  }

  #localGet(index: number): void {
    if (index >= this.locals) throw invalid(`unknown local ${index}`);
    const type = this.#localTypes[index]!;
    if (index >= this.#params && (type === 0x7d || type === 0x7c)) {
      this.#push(this.#edit(NAN_LOCAL, this.#reader.at, this.#reader.at, index));
    } else this.#push(RAW);
  }

  /** `local.set` and `local.tee`: the value on top goes into local `index` and stays on the stack here. */
  #localWrite(index: number): void {
    if (index >= this.locals) throw invalid(`unknown local ${index}`);
    const type = this.#localTypes[index]!;
    if (type !== 0x7d && type !== 0x7c) {
      if (type === 0x7b) this.#observe(1);
      return;
    }
    const origin = this.#height > this.#base ? this.#origins[this.#height - 1]! : RAW;
    if (origin === RAW) this.#rawLocals[index] = 1;
    else if (origin >= 0) {
      this.#writeLocal.push(index);
      this.#writeOrigin.push(origin);
    }
  }

  #misc(at: number) {
    const reader = this.#reader;
    const opcode = reader.u32();
    if (opcode > 255 || op.MISC.known[opcode] === undefined) throw refuseMisc(opcode);
    this.#charge(MISC_WEIGHTS[opcode]!);
    if (opcode === 15) {
      const table = reader.u32();
      if (table >= this.#outline.tables.length) throw invalid(`unknown table ${table}`);
      this.growsTables.add(table);
      this.callsAny = true;
      this.#edit(BEFORE_CALL, at, at, 0);
      this.#edit(GROW_TABLE, at, reader.at, table);
      this.#edit(AFTER_CALL, reader.at, reader.at, 0);
      return this.#data(2, 1, op.PLAIN);
    }
    if (opcode === 8 || opcode === 10 || opcode === 11) this.#edit(BULK_MEMORY, at, at, 0);
    else if (opcode === 12 || opcode === 14 || opcode === 17) this.#edit(BULK_TABLE, at, at, 0);
    if (op.MISC.pops[opcode] === 3) this.hasBulk = true;
    this.#immediates(op.MISC.immediates[opcode]!);
    this.#data(op.MISC.pops[opcode]!, op.MISC.pushes[opcode]!, op.PLAIN);
  }

  #simd(): void {
    const opcode = this.#reader.u32();
    if (opcode > 255 || op.SIMD.known[opcode] === undefined) throw refuseSimd(opcode);
    this.usesSimd = true;
    this.#charge(SIMD_WEIGHTS[opcode]!);
    this.#immediates(op.SIMD.immediates[opcode]!);
    if (opcode === DEMOTE || opcode === PROMOTE) this.#observe(1); // the operand has another shape than the result
    this.#data(op.SIMD.pops[opcode]!, op.SIMD.pushes[opcode]!, op.SIMD.effects[opcode]!);
  }

  // A float local that only ever receives arithmetic results may hold any NaN; its NaNs are made canonical where they are seen. Any
  // other float local receives canonical values.
  #settleNans(): void {
    const raw = this.#rawLocals;
    raw.fill(1, 0, this.#params);
    const writes = this.#writeLocal.length;
    const fromLocal = (origin: number): number =>
      this.editKind.values[origin] === NAN_LOCAL ? this.editArg.values[origin]! : -1;
    let settled = false;
    for (let round = 0; round < SETTLE_ROUNDS_MAX && !settled; round++) {
      settled = true;
      for (let index = 0; index < writes; index++) {
        const source = fromLocal(this.#writeOrigin.values[index]!);
        const local = this.#writeLocal.values[index]!;
        if (source >= 0 && raw[source] === 1 && raw[local] === 0) {
          raw[local] = 1;
          settled = false;
        }
      }
    }
    if (!settled) raw.fill(1, 0, this.locals);
    for (let index = 0; index < writes; index++) {
      if (raw[this.#writeLocal.values[index]!] === 1)
        this.editSeen.values[this.#writeOrigin.values[index]!] = 1;
    }
    for (let edit = 0; edit < this.editKind.length; edit++) {
      const kind = this.editKind.values[edit]!;
      if (kind === NAN_LOCAL) {
        if (raw[this.editArg.values[edit]!] === 1) this.editSeen.values[edit] = 0;
      } else if (kind === NAN_VALUE && this.editSeen.values[edit] === 1) {
        const shape = this.editArg.values[edit]!;
        this.nanTypes |= shape === op.F32 ? 1 : shape === op.F64 ? 2 : 4;
      }
    }
  }

  /** Value type of a local of the function in hand. */
  localType(index: number): number {
    return this.#localTypes[index]!;
  }
}

/** Rounds of passing "holds unknown bits" from local to local before all locals are taken to. */
const SETTLE_ROUNDS_MAX = 8;
/** Types of a typed select: engines accept one. */
const ARITY_LIST_MAX = 1;
const DEMOTE = 94;
const PROMOTE = 95;

function grown(array: Uint8Array): Uint8Array<ArrayBuffer> {
  const bigger = new Uint8Array(array.length * 2);
  bigger.set(array);
  return bigger;
}
