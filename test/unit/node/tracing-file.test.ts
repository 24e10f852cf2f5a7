// The file of traces does not grow without end, and may be moved away by whatever rotates files here.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExportResultCode } from '@opentelemetry/core';
import { FileExporter } from '../../../node/tracing/sdk.ts';

const linesOf = (path: string): number => readFileSync(path, 'utf8').split('\n').length - 1;

describe('node/tracing: the file of traces', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zerostate-traces-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const put = async (exporter: FileExporter): Promise<void> => {
    const { code } = await new Promise<{ code: ExportResultCode }>((done) => exporter.export([], done));
    assert.equal(code, ExportResultCode.SUCCESS);
  };

  it('is put aside when it is full, in place of the one before', async () => {
    const path = join(folder, 'traces');
    // Room for two lines.
    const exporter = await FileExporter.open(path, 50);
    for (let n = 0; n < 5; n++) await put(exporter);
    assert.deepEqual([linesOf(path), linesOf(`${path}.1`), existsSync(`${path}.2`)], [1, 2, false]);
    await put(exporter);
    await put(exporter);
    assert.deepEqual([linesOf(path), linesOf(`${path}.1`)], [1, 2]);
    await exporter.shutdown();
  });

  it('is begun anew where something has moved it away', async () => {
    const path = join(folder, 'traces');
    const exporter = await FileExporter.open(path);
    await put(exporter);
    renameSync(path, join(folder, 'old'));
    await put(exporter);
    await put(exporter);
    assert.deepEqual([linesOf(join(folder, 'old')), linesOf(path)], [1, 2]);
    await exporter.shutdown();
  });
});
