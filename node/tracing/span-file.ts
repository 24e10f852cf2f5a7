// Spans into a file of OTLP JSON lines (the OpenTelemetry "OTLP file exporter" form).

import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { OtlpJson } from './otlp-json.ts';
import type { SpanSink } from './span-batch.ts';
import type { WorkSpan } from './work-span.ts';

/** Bytes of a file of traces, before it is put aside: with the one before, two of these on the disk. Some 80,000 spans at least. */
const TRACE_FILE_BYTES_MAX = 67_108_864;

interface OpenFile {
  readonly handle: FileHandle;
  readonly dev: number;
  readonly ino: number;
  readonly isFile: boolean;
}

async function openFile(path: string): Promise<OpenFile> {
  const handle = await open(path, 'a', 0o600);
  const found = await handle.stat();
  return { handle, dev: found.dev, ino: found.ino, isFile: found.isFile() };
}

/**
 * A line for each export. A file that has grown large becomes FILE.1, in place of the one before; where something else has moved it away, the
 * next export begins a new one.
 */
export class SpanFile implements SpanSink {
  readonly #path: string;
  readonly #json: OtlpJson;
  readonly #bytesMax: number;
  #file: OpenFile;

  private constructor(path: string, json: OtlpJson, file: OpenFile, bytesMax: number) {
    this.#path = path;
    this.#json = json;
    this.#file = file;
    this.#bytesMax = bytesMax;
  }

  /** Throws STORAGE_FAILED. */
  static async open(path: string, json: OtlpJson, bytesMax = TRACE_FILE_BYTES_MAX): Promise<SpanFile> {
    try {
      return new SpanFile(path, json, await openFile(path), bytesMax);
    } catch (cause) {
      throw new ZeroError('STORAGE_FAILED', `the file of traces ${path} cannot be written`, { cause });
    }
  }

  async export(spans: readonly WorkSpan[]): Promise<void> {
    const line = Buffer.from(`${this.#json.text(spans)}\n`);
    const { dev, ino, isFile } = this.#file;
    const there = await stat(this.#path).catch(() => undefined);
    const isThere = there?.ino === ino && there.dev === dev;
    const isFull = isThere && isFile && there.size > 0 && there.size + line.length > this.#bytesMax;
    if (isFull) await rename(this.#path, `${this.#path}.1`);
    if (isFull || !isThere) {
      const next = await openFile(this.#path);
      await this.#file.handle.close();
      this.#file = next;
    }
    await this.#file.handle.appendFile(line);
  }

  async close(): Promise<void> {
    await this.#file.handle.close();
  }
}
