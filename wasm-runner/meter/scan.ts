// First pass over one function body: cuts it into parts with one fuel charge each, finds the places that must change, and works out
// which NaNs could be seen. The result is a list of edits in position order. Must not: write bytes, or decide weights.
//
// A part ("cell") is a set of instructions that runs exactly when its first one does. Blocks and ifs without a branch past their end
// hand the cell of their entry on to what follows them, so that straight code pays once, however nested it is.

import { ByteReader } from './byte-reader.ts';
import * as edit from './edits.ts';
import { checkReferenceType, checkValueType, refuseCore, refuseMisc, refuseSimd } from './features.ts';
import { BLOCK, type BlockType, Frames, IF, LOOP, paramsOf, resultsOf } from './frames.ts';
import { skipFloat, skipImmediates } from './immediates.ts';
import { FUNCTION_BYTES_MAX } from './limits.ts';
import { Locals } from './locals.ts';
import type { FunctionType, Outline } from './module.ts';
import * as op from './opcodes.ts';
import { invalid, tooBig } from './refusal.ts';
import { CORE_WEIGHTS, ENTRY_WEIGHT, MISC_WEIGHTS, SIMD_WEIGHTS } from './schedule.ts';
import { NEVER_NAN, RAW, ValueStack } from './value-stack.ts';

/** Reusable scanner; after `scan` its public fields describe the function, until the next call. */
export class Scanner {
  readonly edits = new edit.EditList();
  readonly locals = new Locals();
  readonly stack = new ValueStack(this.edits, this.locals);
  readonly cellCost = new edit.IntList();
  readonly cellKind = new edit.IntList();
  /** First byte after the local declarations. */
  codeStart = 0;
  hasLoop = false;
  /** Calls a function of the module itself, so it can recurse. */
  callsOwn = false;
  hasBulk = false;
  usesSimd = false;
  growsMemory = false;
  readonly growsTables = new Set<number>();

  readonly #outline: Outline;
  readonly #reader: ByteReader;
  readonly #frames = new Frames();
  #cell = 0;

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
    this.locals.read(reader, type);
    this.stack.reset();
    this.usesSimd = this.locals.hasVectors;
    this.codeStart = reader.at;
    this.#openCell(reader.at, edit.CELL_PLAIN);
    this.#charge(ENTRY_WEIGHT);
    this.#openFrame(BLOCK, type);
    while (this.#frames.depth > 0) this.#instruction();
    if (reader.at !== reader.end) throw invalid(`bytes after the end of a function at ${reader.at}`);
    this.stack.settle();
  }

  #reset(): void {
    this.edits.clear();
    this.cellCost.length = this.cellKind.length = 0;
    this.#frames.clear();
    this.hasLoop = this.callsOwn = this.hasBulk = this.growsMemory = false;
    this.growsTables.clear();
  }

  // Cells.

  #openCell(at: number, kind: number): void {
    const cell = this.cellCost.push(0);
    this.cellKind.push(kind);
    this.edits.add(edit.CHARGE, at, at, cell);
    this.#cell = cell;
  }

  #charge(weight: number): void {
    this.cellCost.values[this.#cell]! += weight;
  }

  // Blocks.

  #openFrame(kind: number, type: BlockType): void {
    this.#frames.open(kind, type, this.stack.height, this.#cell);
    this.stack.base = this.stack.height;
  }

  #branch(depth: number): void {
    this.stack.observe(this.#frames.branch(depth));
  }

  #deadEnd(): void {
    this.stack.height = this.stack.base;
  }

  #blockType(): BlockType {
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
    if (kind === IF) this.stack.pop(1);
    const params = paramsOf(type);
    this.stack.popObserved(params);
    this.#openFrame(kind, type);
    this.stack.pushRaw(params);
    if (kind === LOOP) {
      this.hasLoop = true;
      this.#openCell(this.#reader.at, edit.CELL_LOOP);
      this.#charge(CORE_WEIGHTS[0x03]!);
    } else if (kind === IF) this.#openCell(this.#reader.at, edit.CELL_PLAIN);
  }

  #else(): void {
    const type = this.#frames.turn();
    this.stack.observe(resultsOf(type));
    this.stack.height = this.stack.base;
    this.stack.pushRaw(paramsOf(type));
    this.#openCell(this.#reader.at, edit.CELL_PLAIN);
  }

  #end(): void {
    this.stack.observe(this.#frames.results);
    const frame = this.#frames.close();
    if (this.#frames.depth === 0) return;
    this.stack.height = frame.height;
    this.stack.base = this.#frames.height;
    this.stack.pushRaw(frame.results);
    // What follows runs exactly when the block was entered, unless some branch left for further out.
    if (frame.escapes) this.#openCell(this.#reader.at, edit.CELL_PLAIN);
    else this.#cell = frame.cell;
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
    skipImmediates(reader, immediates);
    this.#data(op.CORE.pops[opcode]!, op.CORE.pushes[opcode]!, op.CORE.effects[opcode]!);
  }

  #data(pops: number, pushes: number, effect: number): void {
    switch (effect) {
      case op.PLAIN:
        this.stack.pop(pops);
        if (pushes === 1) this.stack.push(RAW);
        return;
      case op.CLEAN:
        this.stack.pop(pops);
        this.stack.push(NEVER_NAN);
        return;
      case op.OBSERVE:
        this.stack.popObserved(pops);
        if (pushes === 1) this.stack.push(RAW);
        return;
      default:
        this.stack.popArithmetic(pops, effect);
        this.stack.push(this.edits.add(edit.NAN_VALUE, this.#reader.at, this.#reader.at, effect));
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
        this.stack.pop(1);
        this.#branch(reader.u32());
        return this.#openCell(reader.at, edit.CELL_PLAIN);
      case 0x0e: {
        this.stack.pop(1);
        // All targets carry the same values, so marking them once is enough.
        let left = reader.count(reader.bytes.length, 'br_table');
        this.#branch(reader.u32());
        for (; left > 0; left--) this.#frames.branch(reader.u32());
        return this.#deadEnd();
      }
      case 0x0f:
        this.edits.add(edit.RETURN, at, reader.at, this.#frames.depth - 1);
        this.#branch(this.#frames.depth - 1);
        return this.#deadEnd();
      case 0x10:
        return this.#call(at, reader.u32());
      case 0x11:
        return this.#callIndirect(at);
      case 0x1c:
        for (let left = reader.count(ARITY_LIST_MAX, 'select types'); left > 0; left--)
          checkValueType(reader.byte());
        this.stack.pop(1);
        return this.stack.select();
      case 0x1b:
        this.stack.pop(1);
        return this.stack.select();
      case 0x20:
        return this.stack.readLocal(this.#local(), reader.at);
      case 0x21:
        this.stack.writeLocal(this.#local());
        return this.stack.pop(1);
      case 0x22:
        return this.stack.writeLocal(this.#local());
      case 0x40:
        reader.skipLeb(5);
        this.growsMemory = true;
        this.edits.add(edit.BEFORE_CALL, at, at, 0);
        this.edits.add(edit.GROW_MEMORY, at, reader.at, 0);
        this.edits.add(edit.AFTER_CALL, reader.at, reader.at, 0);
        return;
      case 0x43:
        return this.stack.push(skipFloat(reader, 4) ? RAW : NEVER_NAN);
      case 0x44:
        return this.stack.push(skipFloat(reader, 8) ? RAW : NEVER_NAN);
      case 0xd0:
        checkReferenceType(reader.byte());
        return this.stack.push(RAW);
      default:
        throw refuseCore(opcode);
    }
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
    this.stack.pop(1);
    this.callsOwn = true;
    this.#calling(at, type);
  }

  #calling(at: number, type: FunctionType): void {
    this.edits.add(edit.BEFORE_CALL, at, at, 0);
    this.edits.add(edit.AFTER_CALL, this.#reader.at, this.#reader.at, 0);
    this.stack.popObserved(type.params.length);
    this.stack.pushRaw(type.results.length);
  }

  /** Index of a local that follows. */
  #local(): number {
    const index = this.#reader.u32();
    if (index >= this.locals.count) throw invalid(`unknown local ${index}`);
    return index;
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
      this.edits.add(edit.BEFORE_CALL, at, at, 0);
      this.edits.add(edit.GROW_TABLE, at, reader.at, table);
      this.edits.add(edit.AFTER_CALL, reader.at, reader.at, 0);
      return this.#data(2, 1, op.PLAIN);
    }
    if (opcode === 8 || opcode === 10 || opcode === 11) this.edits.add(edit.BULK_MEMORY, at, at, 0);
    else if (opcode === 12 || opcode === 14 || opcode === 17) this.edits.add(edit.BULK_TABLE, at, at, 0);
    if (op.MISC.pops[opcode] === 3) this.hasBulk = true;
    skipImmediates(reader, op.MISC.immediates[opcode]!);
    this.#data(op.MISC.pops[opcode]!, op.MISC.pushes[opcode]!, op.PLAIN);
  }

  #simd(): void {
    const opcode = this.#reader.u32();
    if (opcode > 255 || op.SIMD.known[opcode] === undefined) throw refuseSimd(opcode);
    this.usesSimd = true;
    this.#charge(SIMD_WEIGHTS[opcode]!);
    skipImmediates(this.#reader, op.SIMD.immediates[opcode]!);
    if (opcode === DEMOTE || opcode === PROMOTE) this.stack.observe(1); // the operand has another shape than the result
    this.#data(op.SIMD.pops[opcode]!, op.SIMD.pushes[opcode]!, op.SIMD.effects[opcode]!);
  }
}

/** Types of a typed select: engines accept one. */
const ARITY_LIST_MAX = 1;
const DEMOTE = 94;
const PROMOTE = 95;
