// What a target of the fuzzer is, and the targets that only parse.

import type { Mutator } from './mutate.ts';

export interface Target {
  readonly name: string;
  /** Share of all mutations; light decoders get more of them than slow verifiers. */
  readonly weight: number;
  readonly mutators: readonly Mutator[];
  readonly valid: readonly Uint8Array[];
  /** What an input means, as text; throws a ZeroError when it is refused. */
  readonly meaning: (input: Uint8Array) => string;
  /** True when any meaning may be accepted: the target only parses, and its meaning must survive being written again. */
  readonly parses?: boolean;
}

/** Makes targets of this weight that accept any input which `same` finds to have one form. */
export function parser(weight: number) {
  return (
    name: string,
    mutators: readonly Mutator[],
    valid: readonly Uint8Array[],
    same: (input: Uint8Array) => boolean,
  ): Target => ({
    name,
    weight,
    mutators,
    valid,
    parses: true,
    meaning: (input) => (same(input) ? 'canonical' : 'two forms'),
  });
}
