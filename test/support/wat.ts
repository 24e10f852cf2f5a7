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

/** A module that copies at most 4,096 bytes of the file /in/`from` to /out/`to`; it exits with the errno of a call that fails. */
export function copying(from: string, to: string): Uint8Array<ArrayBuffer> {
  return wat(`(module
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "\\00\\10\\00\\00\\00\\10\\00\\00")
    (data (i32.const 256) ${JSON.stringify(from)})
    (data (i32.const 512) ${JSON.stringify(to)})
    (func $done (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
    (func (export "_start")
      (call $done (call $open (i32.const 3) (i32.const 0) (i32.const 256) (i32.const ${from.length})
        (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
      (call $done (call $open (i32.const 4) (i32.const 0) (i32.const 512) (i32.const ${to.length})
        (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 4)))
      (call $done (call $read (i32.load (i32.const 0)) (i32.const 16) (i32.const 1) (i32.const 8)))
      (i32.store (i32.const 20) (i32.load (i32.const 8)))
      (call $done (call $write (i32.load (i32.const 4)) (i32.const 16) (i32.const 1) (i32.const 8)))))`);
}
