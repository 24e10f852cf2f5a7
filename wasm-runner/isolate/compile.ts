// From module bytes to something that can be instantiated, or the reason why not. Must not: run guest code.

import { functionNames, meter, type Outline, Refusal, TABLE_ELEMENTS_MAX } from '../meter/index.ts';
import { WASI_MODULE, WASI_SIGNATURES } from '../wasi/imports.ts';

/** A module ready to run: what the executor must know of it, in a form that other threads can be sent. */
export interface CompiledModule {
  readonly module: WebAssembly.Module;
  readonly bytes: number;
  readonly memoryMin: number;
  /** null when the module has no memory. */
  readonly memoryMax: number | null;
  readonly memoryExport: string | null;
  readonly tableElements: number;
  readonly segmentBytes: number;
  readonly hasStart: boolean;
  /** Names of the traced functions, in order; null without a trace. */
  readonly traced: readonly string[] | null;
}

/** Pages of a whole 32-bit memory. */
const PAGES_MAX = 65_536;
const KIND_FUNCTION = 0;
const KIND_MEMORY = 2;

/** Meters and compiles a module, with a count of fuel by function on request. Throws Refusal. */
export function compile(
  bytes: Uint8Array<ArrayBuffer>,
  options: { readonly trace?: boolean } = {},
): CompiledModule {
  const { bytes: metered, outline } = meter(bytes, options);
  checkImports(outline);
  const start = outline.exports.find((item) => item.name === '_start' && item.kind === KIND_FUNCTION);
  if (start === undefined)
    throw new Refusal('MODULE_INVALID', 'no function "_start" is exported: build a command, not a library');
  const type = outline.types[outline.functions[start.index]!]!;
  if (type.params.length > 0 || type.results.length > 0)
    throw new Refusal('MODULE_INVALID', '"_start" must take and give nothing');
  const memory = outline.exports.find((item) => item.name === 'memory' && item.kind === KIND_MEMORY);
  const tableElements = outline.tables.reduce((sum, table) => sum + table.min, 0);
  if (tableElements > TABLE_ELEMENTS_MAX) {
    throw new Refusal('LIMIT_REFUSED', `tables of ${tableElements} elements, at most ${TABLE_ELEMENTS_MAX}`);
  }
  return {
    module: new WebAssembly.Module(metered),
    bytes: metered.length,
    memoryMin: outline.memory?.min ?? 0,
    memoryMax: outline.memory === null ? null : (outline.memory.max ?? PAGES_MAX),
    memoryExport: memory === undefined ? null : memory.name,
    tableElements,
    segmentBytes: outline.segmentBytes,
    hasStart: outline.start !== null,
    traced: options.trace === true ? tracedNames(outline) : null,
  };
}

function tracedNames(outline: Outline): string[] {
  const names = functionNames(outline);
  return outline.bodies.map((_, index) => names.get(index) ?? `function ${outline.imports.length + index}`);
}

/** Says which imports would be refused and why; empty when all are served. */
export function refusedImports(outline: Outline): string[] {
  const letters = (types: Uint8Array): string =>
    [...types].map((type) => ({ 127: 'i', 126: 'l' })[type] ?? '?').join('');
  const problems: string[] = [];
  for (const { module, name, type } of outline.imports) {
    const signature =
      module === WASI_MODULE && Object.hasOwn(WASI_SIGNATURES, name) ? WASI_SIGNATURES[name] : undefined;
    if (signature === undefined) problems.push(`${module}.${name} is not a function of this host`);
    else if (
      letters(type.params) !== signature ||
      letters(type.results) !== (name === 'proc_exit' ? '' : 'i')
    ) {
      problems.push(`${module}.${name} has another type than in ${WASI_MODULE}`);
    }
  }
  return problems;
}

function checkImports(outline: Outline): void {
  const problems = refusedImports(outline);
  if (problems.length > 0) throw new Refusal('IMPORT_REFUSED', problems.slice(0, 8).join('; '));
}
