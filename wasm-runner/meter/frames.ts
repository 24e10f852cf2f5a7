// The open blocks of the function in hand. For each it knows how far out its branches go: only a block that none leaves for further
// out is certain to reach its end. Must not: touch the operand stack.

import { IntList } from './edits.ts';
import { NESTING_MAX } from './limits.ts';
import type { FunctionType } from './module.ts';
import { invalid, tooBig } from './refusal.ts';

export const BLOCK = 0;
export const LOOP = 1;
export const IF = 2;
export const ELSE = 3;

/** A function type, or the number of results of a block without parameters. */
export type BlockType = FunctionType | number;

export interface ClosedFrame {
  /** Operand height at its start. */
  readonly height: number;
  readonly results: number;
  /** Cell in force where it began. */
  readonly cell: number;
  /** A branch inside it leaves for further out than its own end. */
  readonly escapes: boolean;
}

/** Values that a block takes. */
export function paramsOf(type: BlockType): number {
  return typeof type === 'number' ? 0 : type.params.length;
}

/** Values that a block gives. */
export function resultsOf(type: BlockType): number {
  return typeof type === 'number' ? type : type.results.length;
}

export class Frames {
  readonly #kind = new IntList();
  readonly #height = new IntList();
  readonly #cell = new IntList();
  readonly #outermost = new IntList();
  readonly #type: BlockType[] = [];

  /** Number of open blocks, the function itself included. */
  get depth(): number {
    return this.#kind.length;
  }

  clear(): void {
    this.#truncate(0);
  }

  open(kind: number, type: BlockType, height: number, cell: number): void {
    if (this.depth >= NESTING_MAX) throw tooBig(`more than ${NESTING_MAX} nested blocks`);
    this.#kind.push(kind);
    this.#height.push(height);
    this.#cell.push(cell);
    this.#type.push(type);
    this.#outermost.push(this.depth);
  }

  /** Notes a branch to the block `depth` levels out; returns how many values it carries. */
  branch(depth: number): number {
    const top = this.depth - 1;
    const target = top - depth;
    if (target < 0) throw invalid(`branch to unknown label ${depth}`);
    if (target < this.#outermost.values[top]!) this.#outermost.values[top] = target;
    const type = this.#type[target]!;
    return this.#kind.values[target] === LOOP ? paramsOf(type) : resultsOf(type);
  }

  /** Turns the innermost `if` into its `else`; returns its type. */
  turn(): BlockType {
    const top = this.depth - 1;
    if (this.#kind.values[top] !== IF) throw invalid('else without if');
    this.#kind.values[top] = ELSE;
    return this.#type[top]!;
  }

  /** Results of the innermost block. */
  get results(): number {
    return resultsOf(this.#type[this.depth - 1]!);
  }

  /** Closes the innermost block; what leaves it for further out leaves its parent too, unless it stops there. */
  close(): ClosedFrame {
    const top = this.depth - 1;
    const outermost = this.#outermost.values[top]!;
    const closed = {
      height: this.#height.values[top]!,
      results: this.results,
      cell: this.#cell.values[top]!,
      escapes: outermost < top,
    };
    this.#truncate(top);
    if (top > 0 && outermost < this.#outermost.values[top - 1]!) this.#outermost.values[top - 1] = outermost;
    return closed;
  }

  /** Operand height at the start of the innermost block. */
  get height(): number {
    return this.#height.values[this.depth - 1]!;
  }

  #truncate(depth: number): void {
    this.#kind.length = this.#height.length = this.#cell.length = this.#outermost.length = depth;
    this.#type.length = depth;
  }
}
