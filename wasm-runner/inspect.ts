// Says what a module needs, what would be refused and why, and what metering makes of it. Must not: run it.

import { compile, refusedImports } from './isolate/compile.ts';
import { startFuel } from './isolate/execute.ts';
import { type Outline, PAGE_BYTES, Refusal, type RefusalStatus, readOutline } from './meter/index.ts';
import { moduleId } from './pool/module-id.ts';
import { remedyOf } from './remedies.ts';

export interface Inspection {
  readonly digest: string;
  readonly bytes: number;
  /** OK, or the status that running it would end with. */
  readonly verdict: 'OK' | RefusalStatus;
  /** Why not, in a sentence; null for OK. */
  readonly reason: string | null;
  /** What its author can do about that; null for OK. */
  readonly remedy: string | null;
  /** null when the outline cannot be read. */
  readonly needs: ModuleNeeds | null;
}

export interface ModuleNeeds {
  readonly functions: number;
  readonly imports: readonly { readonly name: string; readonly problem: string | null }[];
  readonly exports: readonly { readonly name: string; readonly kind: string }[];
  readonly memoryMinBytes: number;
  /** null without a declared maximum. */
  readonly memoryMaxBytes: number | null;
  readonly tableElements: number;
  readonly hasStart: boolean;
  /** Fuel that instantiation takes; null when the module cannot run. */
  readonly startFuel: number | null;
  /** Size after rewriting; null when the module cannot run. */
  readonly meteredBytes: number | null;
}

const EXPORT_KINDS = ['function', 'table', 'memory', 'global'];

/** Inspects a module without running it. Never throws for what the bytes are. */
export function inspectModule(module: Uint8Array): Inspection {
  const bytes = new Uint8Array(module);
  const base = { digest: moduleId(module), bytes: bytes.length };
  let outline: Outline;
  try {
    outline = readOutline(bytes);
  } catch (error) {
    return { ...base, ...verdictOf(error), needs: null };
  }
  try {
    const compiled = compile(bytes);
    const needs = needsOf(outline, { startFuel: startFuel(compiled), meteredBytes: compiled.bytes });
    return { ...base, verdict: 'OK', reason: null, remedy: null, needs };
  } catch (error) {
    return { ...base, ...verdictOf(error), needs: needsOf(outline, { startFuel: null, meteredBytes: null }) };
  }
}

function verdictOf(error: unknown): { verdict: RefusalStatus; reason: string; remedy: string } {
  if (error instanceof Refusal)
    return {
      verdict: error.status,
      reason: error.message,
      remedy: remedyOf(error.status, error.message),
    };
  throw error;
}

function needsOf(outline: Outline, measured: Pick<ModuleNeeds, 'startFuel' | 'meteredBytes'>): ModuleNeeds {
  return {
    functions: outline.functions.length - outline.imports.length,
    imports: outline.imports.map((item) => ({
      name: `${item.module}.${item.name}`,
      problem: refusedImports({ ...outline, imports: [item] })[0] ?? null,
    })),
    exports: outline.exports.map(({ name, kind }) => ({ name, kind: EXPORT_KINDS[kind]! })),
    memoryMinBytes: (outline.memory?.min ?? 0) * PAGE_BYTES,
    memoryMaxBytes: outline.memory?.max == null ? null : outline.memory.max * PAGE_BYTES,
    tableElements: outline.tables.reduce((sum, table) => sum + table.min, 0),
    hasStart: outline.start !== null,
    ...measured,
  };
}
