// Assembles WebAssembly text for the runner's tests. The binary is what the text says: no optimisation, no names.

import loadWabt from 'wabt';

const wabt = await loadWabt();

/** Binary of a text module with the proposals that toolchains emit, and those that the runner refuses. */
export function wat(text: string, check = true): Uint8Array<ArrayBuffer> {
  const module = wabt.parseWat('test.wat', text, {
    exceptions: true,
    mutable_globals: true,
    sat_float_to_int: true,
    sign_extension: true,
    simd: true,
    threads: true,
    function_references: false,
    multi_value: true,
    tail_call: true,
    bulk_memory: true,
    reference_types: true,
    memory64: true,
    extended_const: true,
    relaxed_simd: true,
  });
  try {
    module.resolveNames();
    if (check) module.validate();
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

/** A module that prints `text` to stdout and ends. */
export function printing(text: string): Uint8Array<ArrayBuffer> {
  return wat(`(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\10\\00\\00\\00${hexLength(text)}")
    (data (i32.const 16) ${JSON.stringify(text)})
    (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`);
}

function hexLength(text: string): string {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, text.length, true);
  return [...new Uint8Array(view.buffer)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
}
