// OpenTelemetry's SDK: spans to an OTLP collector over HTTP or into a file of OTLP JSON lines. Loaded only where tracing was asked for.

import { type FileHandle, open } from 'node:fs/promises';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { ZeroError } from '../../protocol/errors/index.ts';
import { VERSION } from '../version.ts';
import { setRecording } from './spans.ts';
import type { Tracing, TracingOptions } from './start.ts';

/** Spans that wait to be exported; more are dropped, as the collector is too slow for them. */
const QUEUE_MAX = 4_096;
/** Spans of one export. */
const BATCH_MAX = 512;
/** Pause between two exports. */
const EXPORT_MS = 1_000;
/** Longest time for one export; a collector that does not answer holds nothing up. */
const EXPORT_MS_MAX = 5_000;
/** Attributes of a span, and characters of one. */
const ATTRIBUTES_MAX = 32;
const ATTRIBUTE_CHARS_MAX = 512;
const WHOLE = 1_000;

/** Starts the SDK with an exporter for each place that the options name. Throws STORAGE_FAILED when the file cannot be opened. */
export async function startSdk(options: TracingOptions): Promise<Tracing> {
  const exporters: SpanExporter[] = [];
  if (options.endpoint !== '') {
    const url = `${options.endpoint.replace(/\/$/, '')}/v1/traces`;
    exporters.push(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_MS_MAX }));
  }
  if (options.file !== '') exporters.push(await FileExporter.open(options.file));
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'zerostate',
      'service.version': VERSION,
      'service.instance.id': options.peerId,
      'zerostate.node.name': options.name,
      'zerostate.region': options.region,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.sample / WHOLE) }),
    spanLimits: { attributeCountLimit: ATTRIBUTES_MAX, attributeValueLengthLimit: ATTRIBUTE_CHARS_MAX },
    spanProcessors: exporters.map(
      (exporter) =>
        new BatchSpanProcessor(exporter, {
          maxQueueSize: QUEUE_MAX,
          maxExportBatchSize: BATCH_MAX,
          scheduledDelayMillis: EXPORT_MS,
          exportTimeoutMillis: EXPORT_MS_MAX,
        }),
    ),
  });
  const manager = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(manager);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  setRecording(true);
  return {
    flush: () => provider.forceFlush().catch(() => undefined),
    stop: async () => {
      setRecording(false);
      await provider.shutdown().catch(() => undefined);
      trace.disable();
      propagation.disable();
      context.disable();
    },
  };
}

/** OTLP JSON, a line for each export (the OpenTelemetry "OTLP file exporter" form). */
class FileExporter implements SpanExporter {
  readonly #file: FileHandle;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<FileExporter> {
    try {
      return new FileExporter(await open(path, 'a', 0o600));
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
      .then(() => this.#file.appendFile(Buffer.concat([bytes, Buffer.from('\n')])))
      .then(
        () => done({ code: ExportResultCode.SUCCESS }),
        (error: Error) => done({ code: ExportResultCode.FAILED, error }),
      );
  }

  async shutdown(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }
}
