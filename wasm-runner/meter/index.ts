// The meter: turns an untrusted module into one that counts its fuel and stack and gives the same answer on every engine.
// Must not: instantiate or run anything.

import { type Outline, readOutline } from './module.ts';
import { invalid, Refusal } from './refusal.ts';
import { rewrite } from './rewrite.ts';

export { COUNTER_FUEL_MAX, COUNTER_STACK_BYTES_MAX, packCounter, unpackCounter } from './counter.ts';
export { FLAG_GROWTH_REFUSED, FLAG_HOST_MEMORY } from './helpers.ts';
export { PAGE_BYTES, TABLE_ELEMENTS_MAX } from './limits.ts';
export type { FunctionType, ImportedFunction, Limits, ModuleExport, Outline } from './module.ts';
export { readOutline } from './module.ts';
export { functionNames } from './names.ts';
export type { RefusalStatus } from './refusal.ts';
export { METER_EXPORTS, REWRITER_ID, traceExport } from './rewrite.ts';
export { LENGTH_WEIGHTS, SCHEDULE_NAME, scheduleRows, scheduleText } from './schedule.ts';
export { Refusal };

export interface MeteredModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly outline: Outline;
}

/**
 * Rewrites a module so that it counts fuel and stack. The original is read for refused features first, so
 * that the verdict does not depend on what an engine knows; and the engine validates the original, because rewriting would make some
 * invalid modules valid.
 * Throws Refusal (MODULE_INVALID, FEATURE_REFUSED, IMPORT_REFUSED, LIMIT_REFUSED).
 */
export function meter(
  bytes: Uint8Array<ArrayBuffer>,
  options: { readonly trace?: boolean } = {},
): MeteredModule {
  try {
    const outline = readOutline(bytes);
    const rewritten = rewrite(outline, options.trace === true);
    if (!WebAssembly.validate(bytes)) throw engineFindsInvalid();
    return { bytes: rewritten, outline };
  } catch (error) {
    // The reader checks form, not types, so an invalid body can break its assumptions anywhere.
    if (error instanceof Refusal || WebAssembly.validate(bytes)) throw error;
    throw engineFindsInvalid();
  }
}

const engineFindsInvalid = (): Refusal => invalid('the engine finds the module invalid');
