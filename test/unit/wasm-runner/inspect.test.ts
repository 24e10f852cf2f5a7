// What inspecting says of modules that are refused: why, and what to do about it.

import assert from 'node:assert/strict';
import { inspectModule } from '../../../wasm-runner/index.ts';
import { wat } from '../../support/wat.ts';

/** Preamble of a component, and the section that holds an empty core module, as component linkers write them. */
const COMPONENT = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00],
  ...[0x01, 0x08, 0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
);

describe('inspect: what is refused', () => {
  const cases: readonly (readonly [
    name: string,
    module: () => Uint8Array,
    verdict: string,
    reason: RegExp,
    remedy: RegExp,
  ])[] = [
    [
      'a component',
      () => COMPONENT,
      'FEATURE_REFUSED',
      /component model/,
      /core module for preview 1.*wasm32-wasip1/,
    ],
    [
      'tail calls',
      () => wat('(module (func $f) (func (export "_start") (return_call $f)))'),
      'FEATURE_REFUSED',
      /tail call/,
      /without tail calls/,
    ],
    [
      'the interface before preview 1',
      () =>
        wat(
          '(module (import "wasi_unstable" "sched_yield" (func (result i32))) (memory 1) (func (export "_start")))',
        ),
      'IMPORT_REFUSED',
      /wasi_unstable/,
      /current toolchain/,
    ],
    [
      'a function that nobody defined',
      () => wat('(module (import "env" "puts" (func (param i32) (result i32))) (func (export "_start")))'),
      'IMPORT_REFUSED',
      /env\.puts/,
      /link all that is called/,
    ],
    [
      'a function that exists, with another type',
      () =>
        wat(
          '(module (import "wasi_snapshot_preview1" "fd_close" (func (param i64))) (func (export "_start")))',
        ),
      'IMPORT_REFUSED',
      /another type/,
      /WASI preview 1 only/,
    ],
    ['a library', () => wat('(module (func (export "run")))'), 'MODULE_INVALID', /_start/, /a command/],
    ['text', () => new TextEncoder().encode('(module)'), 'MODULE_INVALID', /not a WebAssembly/, /wat2wasm/],
  ];
  for (const [name, module, verdict, reason, remedy] of cases)
    it(name, () => {
      const inspection = inspectModule(module());
      assert.equal(inspection.verdict, verdict);
      assert.match(inspection.reason ?? '', reason);
      assert.match(inspection.remedy ?? '', remedy);
    });

  it('a module that runs has no remedy', () => {
    assert.equal(inspectModule(wat('(module (func (export "_start")))')).remedy, null);
  });
});
