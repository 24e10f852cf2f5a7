// OpenTelemetry's batches and exporters: spans to an OTLP collector over HTTP or into a file of OTLP JSON lines. Loaded only where tracing was asked for.

import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { ZeroError } from '../../protocol/errors/index.ts';
import { VERSION } from '../version.ts';
import { setRecorder } from './spans.ts';
import type { Tracing, TracingOptions } from './start.ts';

/** Spans that wait to be exported; more are dropped, as the collector is too slow for them. */
const QUEUE_MAX = 4_096;
/** Spans of one export. */
const BATCH_MAX = 512;
/** Pause between two exports. */
const EXPORT_MS = 1_000;
/** Longest time for one export; a collector that does not answer holds nothing up. */
const EXPORT_MS_MAX = 5_000;
/** Bytes of a file of traces, before it is put aside: with the one before, two of these on the disk. Some 50,000 spans. */
const TRACE_FILE_BYTES_MAX = 67_108_864;
/** Parts that a share of traces is told in. */
const WHOLE = 1_000;
/** Hex digits of a trace's name that decide whether it is recorded: random, and few enough for a whole number. */
const RANDOM_DIGITS = 12;

/** Starts recording, with an exporter for each place that the options name. Throws STORAGE_FAILED when the file cannot be opened. */
export async function startSdk(options: TracingOptions): Promise<Tracing> {
  const exporters: SpanExporter[] = [];
  if (options.endpoint !== '') {
    const url = `${options.endpoint.replace(/\/$/, '')}/v1/traces`;
    exporters.push(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_MS_MAX }));
  }
  if (options.file !== '') exporters.push(await FileExporter.open(options.file));
  const processors = exporters.map(
    (exporter) =>
      new BatchSpanProcessor(exporter, {
        maxQueueSize: QUEUE_MAX,
        maxExportBatchSize: BATCH_MAX,
        scheduledDelayMillis: EXPORT_MS,
        exportTimeoutMillis: EXPORT_MS_MAX,
      }),
  );
  const all = async (what: 'forceFlush' | 'shutdown') => {
    await Promise.allSettled(processors.map((processor) => processor[what]()));
  };
  setRecorder({
    resource: resourceFromAttributes({
      'service.name': 'zerostate',
      'service.version': VERSION,
      'service.instance.id': options.peerId,
      'zerostate.node.name': options.name,
      'zerostate.region': options.region,
    }),
    instrumentationScope: { name: 'zerostate', version: VERSION },
    samples: (traceId) => Number.parseInt(traceId.slice(0, RANDOM_DIGITS), 16) % WHOLE < options.sample,
    take: (span) => {
      for (const processor of processors) processor.onEnd(span);
    },
  });
  return {
    flush: () => all('forceFlush'),
    stop: async () => {
      setRecorder(undefined);
      await all('shutdown');
    },
  };
}

/**
 * OTLP JSON, a line for each export (the OpenTelemetry "OTLP file exporter" form). A file that has grown large becomes FILE.1, in place of the one
 * before; where something else has moved it away, the next export begins a new one.
 */
export class FileExporter implements SpanExporter {
  readonly #path: string;
  readonly #bytesMax: number;
  #file: FileHandle;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle, bytesMax: number) {
    this.#path = path;
    this.#file = file;
    this.#bytesMax = bytesMax;
  }

  static async open(path: string, bytesMax = TRACE_FILE_BYTES_MAX): Promise<FileExporter> {
    try {
      return new FileExporter(path, await open(path, 'a', 0o600), bytesMax);
    } catch (cause) {
      throw new ZeroError('STORAGE_FAILED', `the file of traces ${path} cannot be written`, { cause });
    }
  }

  export(spans: ReadableSpan[], done: (result: { code: ExportResultCode; error?: Error }) => void): void {
    const bytes = JsonTraceSerializer.serializeRequest(spans);
    if (bytes === undefined) {
      done({ code: ExportResultCode.FAILED });
      return;
    }
    this.#writing = this.#writing
      .then(() => this.#append(Buffer.concat([bytes, Buffer.from('\n')])))
      .then(
        () => done({ code: ExportResultCode.SUCCESS }),
        (error: Error) => done({ code: ExportResultCode.FAILED, error }),
      );
  }

  async #append(line: Buffer): Promise<void> {
    const [ours, there] = await Promise.all([this.#file.stat(), stat(this.#path).catch(() => undefined)]);
    const isThere = there?.ino === ours.ino && there.dev === ours.dev;
    const isFull = isThere && ours.isFile() && ours.size > 0 && ours.size + line.length > this.#bytesMax;
    if (isFull) await rename(this.#path, `${this.#path}.1`);
    if (isFull || !isThere) {
      const next = await open(this.#path, 'a', 0o600);
      await this.#file.close();
      this.#file = next;
    }
    await this.#file.appendFile(line);
  }

  async shutdown(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }
}
