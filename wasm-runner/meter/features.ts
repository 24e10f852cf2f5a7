// Names the proposals that are refused, by the opcode or type byte that shows them. Must not: accept anything.

import { feature, invalid, type Refusal } from './refusal.ts';

const CORE_FEATURES: Readonly<Record<number, string>> = {
  6: 'exception handling',
  7: 'exception handling',
  8: 'exception handling',
  9: 'exception handling',
  10: 'exception handling',
  24: 'exception handling',
  25: 'exception handling',
  31: 'exception handling',
  18: 'tail calls',
  19: 'tail calls',
  20: 'typed function references',
  21: 'typed function references',
  211: 'garbage collection',
  212: 'typed function references',
  213: 'typed function references',
  214: 'typed function references',
  224: 'stack switching',
  225: 'stack switching',
  226: 'stack switching',
  227: 'stack switching',
  228: 'stack switching',
  251: 'garbage collection',
  254: 'threads',
};

/** The refusal of a one-byte opcode that the table does not hold. */
export function refuseCore(opcode: number): Refusal {
  const name = CORE_FEATURES[opcode];
  return name === undefined ? invalid(`unknown instruction 0x${opcode.toString(16)}`) : feature(name);
}

/** The refusal of an opcode behind 0xfc. */
export function refuseMisc(opcode: number): Refusal {
  if (opcode === 18) return feature('memory control');
  if (opcode >= 19 && opcode <= 22) return feature('wide arithmetic');
  return invalid(`unknown instruction 0xfc ${opcode}`);
}

/** The refusal of an opcode behind 0xfd. */
export function refuseSimd(opcode: number): Refusal {
  if (opcode >= 0x100 && opcode <= 0x12f) return feature('relaxed SIMD');
  return invalid(`unknown instruction 0xfd ${opcode}`);
}

/** Checks one value type byte: numbers, v128, funcref and externref pass. */
export function checkValueType(byte: number): void {
  if (byte >= 0x7b && byte <= 0x7f) return;
  checkReferenceType(byte);
}

/** Checks one reference type byte. */
export function checkReferenceType(byte: number): void {
  if (byte === 0x70 || byte === 0x6f) return;
  if (byte === 0x63 || byte === 0x64) throw feature('typed function references');
  if (byte === 0x69 || byte === 0x74) throw feature('exception handling');
  if (byte === 0x68 || byte === 0x75) throw feature('stack switching');
  if (byte >= 0x65 && byte <= 0x73) throw feature('garbage collection');
  if (byte === 0x77 || byte === 0x78) throw feature('garbage collection');
  throw invalid(`unknown value type 0x${byte.toString(16)}`);
}
