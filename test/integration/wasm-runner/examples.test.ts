// The example tasks, from three toolchains: each gives the pinned output and fuel. A change here is a change of the rules that receipts
// name (schedule, rewriter, ABI), or of a committed module.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import {
  createRunner,
  digestResult,
  expectedOf,
  inspectModule,
  type Job,
  makeJob,
  type Runner,
  replay,
} from '../../../wasm-runner/index.ts';

const FOLDER = new URL('../../../examples/tasks/', import.meta.url);

interface TaskFile {
  readonly module: string;
  readonly args: string[];
  readonly inputs: Readonly<Record<string, string>>;
  readonly limits: {
    fuel: string;
    memoryBytes: number;
    stackBytes: number;
    outputBytes: number;
    wallMs: number;
  };
  readonly seed: string;
}

function exampleJob(name: string): Job {
  const folder = new URL(`${name}/`, FOLDER);
  const task = parse(readFileSync(new URL('task.yaml', folder), 'utf8')) as TaskFile;
  const read = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, folder)));
  return makeJob({
    module: read(task.module),
    args: task.args,
    inputs: Object.fromEntries(Object.entries(task.inputs).map(([path, file]) => [path, read(file)])),
    limits: { ...task.limits, fuel: BigInt(task.limits.fuel) },
    seed: task.seed,
  });
}

const PINNED: readonly { name: string; fuel: bigint; stdout: string; outputs: string; language: string }[] = [
  {
    name: 'word-count',
    language: 'C',
    fuel: 1329679n,
    stdout: 'sha256:3a58fcf8ca901dabf51c2698589bbe26a6de498ff076054295e76251960efdb3',
    outputs: 'sha256:bb359244bd89b2cef48bb8d041a130717926b52d63c183df959b81710eec4307',
  },
  {
    name: 'csv-summary',
    language: 'Rust',
    fuel: 169075n,
    stdout: 'sha256:e7ad7f5705a22c76164dd4f837c83f4211a64e2f74596415cd798e89bd605a0e',
    outputs: 'sha256:1436a3b953515df0aa9d8771c3d563baa3ae09d81929a76d41314c7342342969',
  },
  {
    name: 'mandelbrot',
    language: 'AssemblyScript',
    fuel: 105464640n,
    stdout: 'sha256:88003b8c4ee944af56a332cf31d6d7a0380d76a25ea353676ba61ffdca6a0888',
    outputs: 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  },
];

describe('example tasks', () => {
  let runner: Runner;
  before(async () => {
    runner = await createRunner();
  });
  after(() => runner.close());

  for (const { name, language, ...pinned } of PINNED) {
    it(`${name} (${language}) gives the pinned output and fuel, and replays`, async () => {
      const job = exampleJob(name);
      const result = await runner.run(job);
      assert.equal(result.status, 'OK', result.detail ?? '');
      const { stdout, outputs } = digestResult(result);
      assert.deepEqual({ fuel: result.fuel, stdout, outputs }, pinned);
      assert.equal((await replay(runner, job, expectedOf(result))).verdict, 'identical');
    });
  }

  it('replay names the first difference, and refuses to compare under other rules', async () => {
    const job = exampleJob('word-count');
    const expected = expectedOf(await runner.run(job));
    const changed = await replay(runner, { ...job, args: ['3'] }, expected);
    assert.ok(changed.verdict === 'different');
    assert.equal(changed.first.field, 'fuel');
    const other = await replay(runner, job, { ...expected, rewriter: 'someone-else/1' });
    assert.equal(other.verdict, 'incomparable');
    const late = await replay(runner, { ...job, mode: 'live' }, expected);
    assert.equal(late.verdict, 'incomparable');
  });

  it('a trace says which functions took the fuel, and takes none itself', async () => {
    const job = exampleJob('word-count');
    const plain = await runner.run(job);
    const traced = await runner.run(job, { trace: true });
    assert.equal(traced.fuel, plain.fuel);
    assert.equal(plain.trace, undefined);
    const sum = traced.trace!.reduce((total, { fuel }) => total + fuel, 0n);
    assert.ok(sum <= traced.fuel && sum > (traced.fuel * 9n) / 10n, `${sum} of ${traced.fuel}`);
    assert.ok(traced.trace!.some(({ name }) => name === '_start'));
  });

  it('inspect says what the modules need', () => {
    const inspection = inspectModule(exampleJob('word-count').module);
    assert.equal(inspection.verdict, 'OK');
    assert.ok(inspection.needs!.imports.every(({ problem }) => problem === null));
    assert.ok(inspection.needs!.exports.some(({ name }) => name === '_start'));
    assert.equal(inspectModule(new Uint8Array(8)).verdict, 'MODULE_INVALID');
  });
});
