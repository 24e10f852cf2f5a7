// The one global that a metered module counts in. Fuel stands in the high bits and stack units in the low ones, so that a function
// entry costs one subtraction and one check. Each part shows by a sign bit that it went below zero. Must not: know weights.

/** Low bits that hold the stack, its sign bit included. */
export const STACK_BITS = 20;

/** Bytes of metered stack per unit: small frames round up to it. */
export const STACK_UNIT_BYTES = 64;

/** Most fuel that fits beside the stack: 2^43 - 1, tens of minutes of dense code. */
export const COUNTER_FUEL_MAX = (1n << BigInt(63 - STACK_BITS)) - 1n;

/** Most stack that fits: 16 MiB. */
export const COUNTER_STACK_BYTES_MAX = 2 ** (STACK_BITS - 2) * STACK_UNIT_BYTES;

/** What one unit of fuel counts in the global. */
export const FUEL_UNIT = 2 ** STACK_BITS;

/** Bits that are set in the global when fuel or stack went below zero. */
export const EXHAUSTED_MASK = -(2n ** 63n) | (1n << BigInt(STACK_BITS - 1));

const SHIFT = BigInt(STACK_BITS);

/** Value of the global for this much fuel and stack. */
export function packCounter(fuel: bigint, stackBytes: number): bigint {
  return (fuel << SHIFT) + BigInt(Math.floor(stackBytes / STACK_UNIT_BYTES));
}

/** Fuel and stack units in the global; either may be negative. */
export function unpackCounter(value: bigint): { fuel: bigint; stack: bigint } {
  const stack = BigInt.asIntN(STACK_BITS, value);
  return { fuel: (value - stack) >> SHIFT, stack };
}
