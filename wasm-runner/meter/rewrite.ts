// Binary to binary: adds fuel, stack, NaN and memory accounting to a module that an engine has found valid. No index of the original
// moves, because everything new stands at the end of its section. Must not: run anything.

import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { type Additions, Emitter } from './emit.ts';
import { emitGrowMemory, emitGrowTable, type HelperGlobals } from './helpers.ts';
import type { FunctionType, Outline } from './module.ts';
import { invalid } from './refusal.ts';
import { Scanner } from './scan.ts';

/** Name and version of the rewriter: anything that changes fuel, stack or results for some module changes it. */
export const REWRITER_ID = 'zerostate-meter/1';

/** Names under which a rewritten module exports what the host sets and reads. */
export const METER_EXPORTS = {
  counter: 'zerostate:counter',
  pagesMax: 'zerostate:pages-max',
  elementsLeft: 'zerostate:elements-left',
  flags: 'zerostate:flags',
  start: 'zerostate:start',
} as const;

const EXPORT_GLOBAL = 3;
const EXPORT_FUNCTION = 0;

/** Name of the export that counts the fuel of function `index` of the module's own. */
export function traceExport(index: number): string {
  return `zerostate:trace:${index}`;
}

/**
 * Rewrites the module of an outline. With `trace` it also counts fuel by function, in exported globals; the fuel stays the same.
 * Throws Refusal when a fixed bound or a feature stands in the way.
 */
export function rewrite(outline: Outline, trace = false): Uint8Array<ArrayBuffer> {
  const reserved: readonly string[] = Object.values(METER_EXPORTS);
  for (const item of outline.exports) {
    if (reserved.includes(item.name)) throw invalid(`export name ${JSON.stringify(item.name)} is reserved`);
  }
  return new Rewriter(outline, trace).run();
}

class Rewriter {
  readonly #outline: Outline;
  readonly #out: ByteWriter;
  readonly #newTypes: { params: Uint8Array; results: Uint8Array }[] = [];
  readonly #typeByKey = new Map<string, number>();
  readonly #globals: HelperGlobals;
  /** Functions whose fuel is counted apart. */
  readonly #traced: number;

  constructor(outline: Outline, trace: boolean) {
    this.#outline = outline;
    this.#traced = trace ? outline.bodies.length : 0;
    this.#out = new ByteWriter(Math.ceil(outline.bytes.length * 1.5) + 4_096);
    const first = outline.globals;
    this.#globals = { counter: first, pagesMax: first + 1, elementsLeft: first + 2, flags: first + 3 };
  }

  run(): Uint8Array<ArrayBuffer> {
    const outline = this.#outline;
    const code = this.#code();
    const out = this.#out;
    out.raw(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
    this.#extend(1, this.#newTypes.length, () => {
      for (const type of this.#newTypes) this.#writeType(type);
    });
    this.#copy(2);
    this.#extend(3, code.helperTypes.length, () => {
      for (const type of code.helperTypes) out.u32(type);
    });
    this.#copy(4);
    this.#copy(5);
    this.#extend(6, 4 + this.#traced, () => {
      out.raw(0x7e, 0x01, 0x42, 0x00, 0x0b);
      for (let left = 3; left > 0; left--) out.raw(0x7f, 0x01, 0x41, 0x00, 0x0b);
      for (let left = this.#traced; left > 0; left--) out.raw(0x7e, 0x01, 0x42, 0x00, 0x0b);
    });
    this.#extend(7, (outline.start === null ? 4 : 5) + this.#traced, () => this.#writeExports());
    this.#copy(9);
    this.#copy(12);
    if (outline.functions.length > outline.imports.length) {
      out.byte(10);
      const start = out.openLength();
      out.u32(outline.bodies.length + code.helperTypes.length);
      out.copy(code.bytes, 0, code.bytes.length);
      out.closeLength(start);
    }
    this.#copy(11);
    return out.finish();
  }

  /** All bodies, in a buffer of their own because they decide which types and helpers are added. */
  #code(): { bytes: Uint8Array; helperTypes: number[] } {
    const outline = this.#outline;
    const out = new ByteWriter(Math.ceil(outline.bytes.length * 1.5) + 1_024);
    const scanner = new Scanner(outline);
    const growTable = new Map<number, number>();
    // memory.grow takes the first helper index whether used or not, so that indexes are known before all bodies are read.
    const firstHelper = outline.functions.length;
    const additions: Additions = {
      counter: this.#globals.counter,
      growMemory: firstHelper,
      growTable,
      trace: this.#traced > 0 ? this.#globals.flags + 1 : null,
      blockType: (type) => this.#typeIndex(new Uint8Array(0), type.results),
    };
    const emitter = new Emitter(out, outline, additions);
    let growsMemory = false;
    for (let index = 0; index < outline.bodies.length; index++) {
      scanner.scan(index);
      growsMemory ||= scanner.growsMemory;
      for (const table of scanner.growsTables)
        if (!growTable.has(table)) growTable.set(table, firstHelper + 1 + growTable.size);
      emitter.emit(index, scanner);
    }
    if (!growsMemory && growTable.size === 0) return { bytes: out.finish(), helperTypes: [] };
    if (growsMemory) emitGrowMemory(out, this.#globals);
    else out.raw(0x04, 0x00, 0x41, 0x7f, 0x0b); // a filler that keeps the indexes
    const helperTypes = [this.#typeIndex(Uint8Array.of(0x7f), Uint8Array.of(0x7f))];
    for (const table of growTable.keys()) {
      const { type, max } = outline.tables[table]!;
      emitGrowTable(out, this.#globals, table, max);
      helperTypes.push(this.#typeIndex(Uint8Array.of(type, 0x7f), Uint8Array.of(0x7f)));
    }
    return { bytes: out.finish(), helperTypes };
  }

  #typeIndex(params: Uint8Array, results: Uint8Array): number {
    const key = `${params.join()}>${results.join()}`;
    let index = this.#typeByKey.get(key);
    if (index === undefined) {
      index = this.#outline.types.length + this.#newTypes.length;
      this.#newTypes.push({ params, results });
      this.#typeByKey.set(key, index);
    }
    return index;
  }

  #writeType(type: FunctionType): void {
    const out = this.#out;
    out.byte(0x60);
    for (const list of [type.params, type.results]) {
      out.u32(list.length);
      out.copy(list, 0, list.length);
    }
  }

  #writeExports(): void {
    const out = this.#out;
    for (const name of ['counter', 'pagesMax', 'elementsLeft', 'flags'] as const) {
      out.name(METER_EXPORTS[name]);
      out.byte(EXPORT_GLOBAL);
      out.u32(this.#globals[name]);
    }
    for (let index = 0; index < this.#traced; index++) {
      out.name(traceExport(index));
      out.byte(EXPORT_GLOBAL);
      out.u32(this.#globals.flags + 1 + index);
    }
    if (this.#outline.start === null) return;
    out.name(METER_EXPORTS.start);
    out.byte(EXPORT_FUNCTION);
    out.u32(this.#outline.start);
  }

  #copy(id: number): void {
    const range = this.#outline.sections.get(id);
    if (range === undefined) return;
    const out = this.#out;
    out.byte(id);
    const start = out.openLength();
    out.copy(this.#outline.bytes, range.start, range.end);
    out.closeLength(start);
  }

  /** Copies a section that is a vector and adds `count` entries, or makes it when the module has none. */
  #extend(id: number, count: number, write: () => void) {
    if (count === 0) return this.#copy(id);
    const out = this.#out;
    out.byte(id);
    const start = out.openLength();
    const range = this.#outline.sections.get(id);
    if (range === undefined) out.u32(count);
    else {
      const reader = new ByteReader(this.#outline.bytes, range.start, range.end);
      out.u32(reader.u32() + count);
      out.copy(this.#outline.bytes, reader.at, range.end);
    }
    write();
    out.closeLength(start);
  }
}
