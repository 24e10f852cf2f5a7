// A WASI module that takes its time and says so: it writes one line, works, writes the next. For tests that look in the middle of a run.

import { wat } from './wat.ts';

/** Rounds of the inner loop between two lines: some tenths of a second of metered work. */
const ROUNDS = 40_000_000;
/** Fuel for any of these: a run is to end by itself. */
export const TICKER_FUEL = '19000000000';

/** A module that writes "tick" so many times, with work between. */
export function ticker(lines: number, rounds = ROUNDS): Uint8Array<ArrayBuffer> {
  return wat(`(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "tick\\n")
  (func (export "_start") (local $line i32) (local $round i32)
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 5))
    (loop $lines
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (local.set $round (i32.const 0))
      (loop $work
        (local.set $round (i32.add (local.get $round) (i32.const 1)))
        (br_if $work (i32.lt_u (local.get $round) (i32.const ${rounds}))))
      (local.set $line (i32.add (local.get $line) (i32.const 1)))
      (br_if $lines (i32.lt_u (local.get $line) (i32.const ${lines}))))))`);
}
