// `zerostate wasm run` as its user meets it: what goes in, what comes out, and what a mistake says.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zerostate } from '../../support/cli.ts';
import { copying, wat } from '../../support/wat.ts';

/** Prints its environment as it stands in memory: NAME=VALUE, each ended by a zero byte. */
const ENVIRONMENT = wat(`(module
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 12)))
    (drop (call $get (i32.const 1024) (i32.const 4096)))
    (i32.store (i32.const 8) (i32.const 4096))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))`);

describe('zerostate wasm run', () => {
  let folder: string;
  const at = (...parts: string[]) => join(folder, ...parts);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wasm-cli-'));
    await writeFile(at('env.wasm'), ENVIRONMENT);
    await writeFile(at('copy.wasm'), copying('__proto__', '__proto__'));
    await mkdir(at('in'));
    await writeFile(at('in', '__proto__'), 'kept');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('gives the task the environment that was named, and nothing else', async () => {
    const ran = await zerostate(['wasm', 'run', at('env.wasm'), '--env', 'A=text', '--env', 'B=x=y']);
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(ran.stdout, 'A=text\0B=x=y\0');
  });

  it('an environment without a name, and a file that is not there, are mistakes of use', async () => {
    const unnamed = await zerostate(['wasm', 'run', at('env.wasm'), '--env', '=x']);
    assert.equal(unnamed.code, 2);
    assert.match(unnamed.stderr, /--env needs NAME=VALUE/);
    const absent = await zerostate(['wasm', 'run', at('absent.wasm')]);
    assert.equal(absent.code, 2);
    assert.match(absent.stderr, /cannot read .*absent\.wasm/);
  });

  it('files keep their names and contents on the way in and out, even a name that JavaScript treats apart', async () => {
    const ran = await zerostate(['wasm', 'run', at('copy.wasm'), '--in', at('in'), '--out', at('out')]);
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(await readFile(at('out', '__proto__'), 'utf8'), 'kept');
  });

  it('says when it cannot write what the task left', async () => {
    await writeFile(at('occupied'), '');
    const ran = await zerostate(['wasm', 'run', at('copy.wasm'), '--in', at('in'), '--out', at('occupied')]);
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /cannot write /);
  });
});
