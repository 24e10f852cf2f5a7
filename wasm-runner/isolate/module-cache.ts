// Compiled modules of one worker, least recently used first, bounded by the bytes of their code.

import { Refusal } from '../meter/refusal.ts';
import type { CompiledModule } from './compile.ts';

/** What remembering a refusal counts as. */
const REFUSAL_BYTES = 1_024;

export class ModuleCache {
  readonly #entries = new Map<string, CompiledModule | Refusal>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(id: string): CompiledModule | Refusal | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    return entry;
  }

  /** Adds an entry and drops the oldest ones that no longer fit. One entry larger than the bound is kept alone. */
  set(id: string, entry: CompiledModule | Refusal): void {
    const before = this.#entries.get(id);
    if (before !== undefined) {
      this.#bytes -= sizeOf(before);
      this.#entries.delete(id);
    }
    this.#entries.set(id, entry);
    this.#bytes += sizeOf(entry);
    for (const [oldest, value] of this.#entries) {
      if (this.#bytes <= this.#bytesMax || oldest === id) break;
      this.#entries.delete(oldest);
      this.#bytes -= sizeOf(value);
    }
  }

  get bytes(): number {
    return this.#bytes;
  }
}

function sizeOf(entry: CompiledModule | Refusal): number {
  return entry instanceof Refusal ? REFUSAL_BYTES : entry.bytes;
}
