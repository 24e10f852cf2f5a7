// The locals of the function in hand. Must not: track values.

import type { ByteReader } from './byte-reader.ts';
import { checkValueType } from './features.ts';
import { LOCALS_MAX } from './limits.ts';
import type { FunctionType } from './module.ts';
import { tooBig } from './refusal.ts';

const V128 = 0x7b;

export class Locals {
  types = new Uint8Array(1_024);
  /** Parameters among them; they come first. */
  params = 0;
  /** Locals, parameters included. */
  count = 0;
  /** Groups of declarations in the body, and where they start. */
  groups = 0;
  groupsStart = 0;
  hasVectors = false;

  /** Reads the declarations at the start of a body. */
  read(reader: ByteReader, type: FunctionType): void {
    this.params = this.count = type.params.length;
    this.types.set(type.params, 0);
    this.hasVectors = type.params.includes(V128);
    this.groups = reader.count(LOCALS_MAX, 'locals');
    this.groupsStart = reader.at;
    for (let index = 0; index < this.groups; index++) {
      const size = reader.u32();
      const valueType = reader.byte();
      checkValueType(valueType);
      if (this.count + size > LOCALS_MAX) throw tooBig(`more than ${LOCALS_MAX} locals in one function`);
      while (this.count + size > this.types.length) this.#grow();
      this.types.fill(valueType, this.count, this.count + size);
      if (valueType === V128) this.hasVectors = true;
      this.count += size;
    }
  }

  #grow(): void {
    const bigger = new Uint8Array(this.types.length * 2);
    bigger.set(this.types);
    this.types = bigger;
  }
}
