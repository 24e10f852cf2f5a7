// Reads the outline of a module: what the rewriter and the host must know, and where each function body stands.
// Refuses features and imports by name. Must not: validate instructions (the engine validates the original).

import { ByteReader } from './byte-reader.ts';
import { checkReferenceType, checkValueType } from './features.ts';
import { ARITY_MAX, ITEMS_MAX, MODULE_BYTES_MAX, TABLES_MAX } from './limits.ts';
import { feature, invalid, Refusal, tooBig } from './refusal.ts';

export interface FunctionType {
  readonly params: Uint8Array;
  readonly results: Uint8Array;
}

export interface ImportedFunction {
  readonly module: string;
  readonly name: string;
  readonly type: FunctionType;
}

export interface ModuleExport {
  readonly name: string;
  /** 0 function, 1 table, 2 memory, 3 global. */
  readonly kind: number;
  readonly index: number;
}

export interface Limits {
  readonly min: number;
  /** null when the module declares none. */
  readonly max: number | null;
}

export interface Outline {
  readonly bytes: Uint8Array;
  /** Start and end of the content of each known section, by section id. */
  readonly sections: ReadonlyMap<number, { readonly start: number; readonly end: number }>;
  readonly types: readonly FunctionType[];
  readonly imports: readonly ImportedFunction[];
  /** Type index of every function, imported ones first. */
  readonly functions: readonly number[];
  readonly tables: readonly (Limits & { readonly type: number })[];
  readonly memory: Limits | null;
  readonly globals: number;
  readonly exports: readonly ModuleExport[];
  readonly start: number | null;
  readonly bodies: readonly { readonly start: number; readonly end: number }[];
  /** Bytes of the data and element sections: what instantiation copies at most. */
  readonly segmentBytes: number;
}

const MAGIC = [0x00, 0x61, 0x73, 0x6d];
/** Section ids in the order a module must hold them; 12 (data count) stands before 10 (code). */
const SECTION_ORDER = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];
const FUNCTION = 0;
const TABLE = 1;
const MEMORY = 2;
const GLOBAL = 3;
const TAG = 4;

/** Outline of a module. Throws Refusal: MODULE_INVALID, FEATURE_REFUSED, IMPORT_REFUSED or LIMIT_REFUSED. */
export function readOutline(bytes: Uint8Array): Outline {
  if (bytes.length > MODULE_BYTES_MAX)
    throw tooBig(`module of ${bytes.length} bytes, at most ${MODULE_BYTES_MAX}`);
  checkPreamble(bytes);
  const sections = readSections(bytes);
  const reader = (id: number): ByteReader | null => {
    const range = sections.get(id);
    return range === undefined ? null : new ByteReader(bytes, range.start, range.end);
  };
  const types = readVector(reader(1), 'types', readType);
  const imports = readVector(reader(2), 'imports', (at) => readImport(at, types));
  const functions = [
    ...imports.map((item) => item.typeIndex),
    ...readVector(reader(3), 'functions', (at) => typeIndex(at, types)),
  ];
  const tables = readVector(reader(4), 'tables', readTable);
  if (tables.length > TABLES_MAX) throw tooBig(`${tables.length} tables, at most ${TABLES_MAX}`);
  const memories = readVector(reader(5), 'memories', (at) => readLimits(at, 'memory'));
  if (memories.length > 1) throw feature('multiple memories');
  const globals = readVector(reader(6), 'globals', readGlobal).length;
  const exports = readVector(reader(7), 'exports', readExport);
  const startReader = reader(8);
  const start = startReader === null ? null : startReader.u32();
  if (startReader !== null && startReader.at !== startReader.end) throw invalid('malformed start section');
  const bodies = readVector(reader(10), 'function bodies', readBody);
  if (bodies.length + imports.length !== functions.length)
    throw invalid('functions and bodies differ in number');
  const size = (id: number): number => {
    const range = sections.get(id);
    return range === undefined ? 0 : range.end - range.start;
  };
  return {
    bytes,
    sections,
    types,
    imports: imports.map(({ module, name, type }) => ({ module, name, type })),
    functions,
    tables,
    memory: memories[0] ?? null,
    globals,
    exports,
    start,
    bodies,
    segmentBytes: size(9) + size(11),
  };
}

function checkPreamble(bytes: Uint8Array): void {
  if (bytes.length < 8 || MAGIC.some((byte, index) => bytes[index] !== byte))
    throw invalid('not a WebAssembly module');
  const version = bytes[4]! | (bytes[5]! << 8);
  const layer = bytes[6]! | (bytes[7]! << 8);
  if (layer === 1) throw feature('the component model');
  if (version !== 1 || layer !== 0) throw invalid(`unknown binary version ${version}`);
}

function readSections(bytes: Uint8Array): Map<number, { start: number; end: number }> {
  const reader = new ByteReader(bytes, 8);
  const sections = new Map<number, { start: number; end: number }>();
  let previous = -1;
  while (reader.at < reader.end) {
    const id = reader.byte();
    const size = reader.u32();
    const start = reader.at;
    reader.skip(size);
    if (id === 0) {
      new ByteReader(bytes, start, reader.at).name();
      continue;
    }
    if (id === 13) throw feature('exception handling');
    if (id === 14) throw feature('stringref');
    const rank = SECTION_ORDER.indexOf(id);
    if (rank < 0) throw invalid(`unknown section ${id}`);
    if (rank <= previous) throw invalid(`section ${id} out of order`);
    previous = rank;
    sections.set(id, { start, end: reader.at });
  }
  return sections;
}

function readVector<T>(reader: ByteReader | null, what: string, read: (reader: ByteReader) => T): T[] {
  if (reader === null) return [];
  const count = reader.count(ITEMS_MAX, what);
  const out = new Array<T>(count);
  for (let index = 0; index < count; index++) out[index] = read(reader);
  if (reader.at !== reader.end) throw invalid(`${what}: bytes left over`);
  return out;
}

function readType(reader: ByteReader): FunctionType {
  const form = reader.byte();
  if (form !== 0x60)
    throw form >= 0x4d && form <= 0x5f
      ? feature('garbage collection')
      : invalid(`unknown type form 0x${form.toString(16)}`);
  return { params: readValueTypes(reader), results: readValueTypes(reader) };
}

function readValueTypes(reader: ByteReader): Uint8Array {
  const count = reader.count(ARITY_MAX, 'function type');
  const start = reader.at;
  for (let index = 0; index < count; index++) checkValueType(reader.byte());
  return reader.bytes.subarray(start, reader.at);
}

function typeIndex(reader: ByteReader, types: readonly FunctionType[]): number {
  const index = reader.u32();
  if (index >= types.length) throw invalid(`unknown type ${index}`);
  return index;
}

function readImport(
  reader: ByteReader,
  types: readonly FunctionType[],
): ImportedFunction & { typeIndex: number } {
  const module = reader.name();
  const name = reader.name();
  const kind = reader.byte();
  if (kind === FUNCTION) {
    const index = typeIndex(reader, types);
    return { module, name, type: types[index]!, typeIndex: index };
  }
  if (kind === TAG) throw feature('exception handling');
  const what = { [TABLE]: 'table', [MEMORY]: 'memory', [GLOBAL]: 'global' }[kind];
  if (what === undefined) throw invalid(`unknown import kind ${kind}`);
  if (kind === MEMORY) readLimits(reader, 'memory');
  throw new Refusal(
    'IMPORT_REFUSED',
    `import of ${what} ${JSON.stringify(`${module}.${name}`)}: only functions can be imported`,
  );
}

function readTable(reader: ByteReader): Limits & { type: number } {
  const type = reader.byte();
  if (type === 0x40) throw feature('typed function references');
  checkReferenceType(type);
  return { type, ...readLimits(reader, 'table') };
}

function readLimits(reader: ByteReader, what: string): Limits {
  const flags = reader.byte();
  if (flags & 0x02) throw feature('threads');
  if (flags & 0x04) throw feature(what === 'memory' ? 'memory64' : 'table64');
  if (flags & 0x08) throw feature('custom page sizes');
  if (flags > 1) throw invalid(`unknown ${what} limits`);
  const min = reader.u32();
  return { min, max: flags & 1 ? reader.u32() : null };
}

function readGlobal(reader: ByteReader): null {
  checkValueType(reader.byte());
  const mutability = reader.byte();
  if (mutability & 0x02) throw feature('threads');
  if (mutability > 1) throw invalid('unknown mutability');
  skipConstant(reader);
  return null;
}

/** Steps over a constant expression of one instruction. */
export function skipConstant(reader: ByteReader): void {
  const opcode = reader.byte();
  if (opcode === 0x41) reader.skipLeb(5);
  else if (opcode === 0x42) reader.skipLeb(10);
  else if (opcode === 0x43) reader.skip(4);
  else if (opcode === 0x44) reader.skip(8);
  else if (opcode === 0x23 || opcode === 0xd2) reader.u32();
  else if (opcode === 0xd0) checkReferenceType(reader.byte());
  else if (opcode === 0xfd) {
    if (reader.u32() !== 12) throw invalid('unknown constant expression');
    reader.skip(16);
  } else if (opcode === 0xfb) throw feature('garbage collection');
  else throw invalid(`unknown constant expression 0x${opcode.toString(16)}`);
  const end = reader.byte();
  if (end !== 0x0b)
    throw isArithmetic(end) || end === 0x41 || end === 0x42 || end === 0x23
      ? feature('extended constant expressions')
      : invalid('constant expression without end');
}

function isArithmetic(opcode: number): boolean {
  return (opcode >= 0x6a && opcode <= 0x6c) || (opcode >= 0x7c && opcode <= 0x7e);
}

function readExport(reader: ByteReader): ModuleExport {
  const name = reader.name();
  const kind = reader.byte();
  if (kind === TAG) throw feature('exception handling');
  if (kind > GLOBAL) throw invalid(`unknown export kind ${kind}`);
  return { name, kind, index: reader.u32() };
}

function readBody(reader: ByteReader): { start: number; end: number } {
  const size = reader.u32();
  const start = reader.at;
  reader.skip(size);
  return { start, end: reader.at };
}
