// The file of traces does not grow without end, and may be moved away by whatever rotates files here.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { OtlpJson } from '../../../node/tracing/otlp-json.ts';
import { SpanFile } from '../../../node/tracing/span-file.ts';

const linesOf = (path: string): number => readFileSync(path, 'utf8').split('\n').length - 1;

describe('node/tracing: the file of traces', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zerostate-traces-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const json = new OtlpJson({
    resource: resourceFromAttributes({}),
    instrumentationScope: { name: 'n', version: '1' },
  });
  const put = (file: SpanFile): Promise<void> => file.export([]);

  it('is put aside when it is full, in place of the one before', async () => {
    const path = join(folder, 'traces');
    // Room for two lines.
    const file = await SpanFile.open(path, json, 50);
    for (let n = 0; n < 5; n++) await put(file);
    assert.deepEqual([linesOf(path), linesOf(`${path}.1`), existsSync(`${path}.2`)], [1, 2, false]);
    await put(file);
    await put(file);
    assert.deepEqual([linesOf(path), linesOf(`${path}.1`)], [1, 2]);
    await file.close();
  });

  it('is begun anew where something has moved it away', async () => {
    const path = join(folder, 'traces');
    const file = await SpanFile.open(path, json);
    await put(file);
    renameSync(path, join(folder, 'old'));
    await put(file);
    await put(file);
    assert.deepEqual([linesOf(join(folder, 'old')), linesOf(path)], [1, 2]);
    await file.close();
  });
});
