// The edits that the scanner finds in a function body and the emitter applies, in position order. Must not: know instructions.

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

/** Lists that grow by doubling and are reused from function to function. */
export class IntList {
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

/** Edits as parallel lists. */
export class EditList {
  readonly at = new IntList();
  readonly end = new IntList();
  readonly kind = new IntList();
  readonly arg = new IntList();
  /** 1 where a NaN edit is needed. */
  readonly seen = new IntList();

  get length(): number {
    return this.kind.length;
  }

  /** Adds an edit of the bytes from `at` to `end`; returns its index. */
  add(kind: number, at: number, end: number, arg: number): number {
    this.at.push(at);
    this.end.push(end);
    this.arg.push(arg);
    this.seen.push(0);
    return this.kind.push(kind);
  }

  clear(): void {
    for (const list of [this.at, this.end, this.kind, this.arg, this.seen]) list.length = 0;
  }
}
