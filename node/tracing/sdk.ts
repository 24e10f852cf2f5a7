// Where spans go: to an OTLP collector over HTTP, by OpenTelemetry's exporter, or into a file. Loaded only where tracing was asked for.

import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { VERSION } from '../version.ts';
import { inTime } from './in-time.ts';
import { OtlpJson } from './otlp-json.ts';
import { SpanBatch, type SpanSink } from './span-batch.ts';
import { SpanFile } from './span-file.ts';
import { setRecorder } from './spans.ts';
import type { Tracing, TracingOptions } from './start.ts';
import type { WorkSpan } from './work-span.ts';

/** Longest time for one export; a collector that does not answer holds nothing up. */
const EXPORT_MS_MAX = 5_000;
/** Parts that a share of traces is told in. */
const WHOLE = 1_000;
/** Hex digits of a trace's name that decide whether it is recorded: random, and few enough for a whole number. */
const RANDOM_DIGITS = 12;

/** Starts recording, with a sink for each place that the options name. Throws STORAGE_FAILED when the file cannot be opened. */
export async function startSdk(options: TracingOptions): Promise<Tracing> {
  const about = {
    resource: resourceFromAttributes({
      'service.name': 'zerostate',
      'service.version': VERSION,
      'service.instance.id': options.peerId,
      'zerostate.node.name': options.name,
      'zerostate.region': options.region,
    }),
    instrumentationScope: { name: 'zerostate', version: VERSION },
  };
  const sinks: SpanSink[] = [];
  if (options.endpoint !== '') sinks.push(new Collector(options.endpoint));
  if (options.file !== '') sinks.push(await SpanFile.open(options.file, new OtlpJson(about)));
  const { lost } = options;
  const batches = sinks.map((sink) => new SpanBatch(sink, lost === undefined ? {} : { lost }));
  let { sample } = options;
  setRecorder({
    ...about,
    samples: (traceId) => Number.parseInt(traceId.slice(0, RANDOM_DIGITS), 16) % WHOLE < sample,
    take: (span) => {
      for (const batch of batches) batch.take(span);
    },
  });
  return {
    sample: (ofThousand) => {
      sample = ofThousand;
    },
    flush: async () => {
      await Promise.all(batches.map((batch) => batch.flush()));
    },
    stop: async () => {
      setRecorder(undefined);
      await Promise.all(batches.map((batch) => batch.stop()));
    },
  };
}

/** A collector, by its address up to and without /v1/traces. */
class Collector implements SpanSink {
  readonly #exporter: OTLPTraceExporter;

  constructor(endpoint: string) {
    const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
    this.#exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_MS_MAX });
  }

  async export(spans: readonly WorkSpan[]): Promise<void> {
    const taken = new Promise<void>((resolve, reject) => {
      this.#exporter.export([...spans], ({ code, error }) => {
        if (code === ExportResultCode.SUCCESS) resolve();
        else reject(error ?? new Error('the collector took nothing'));
      });
    });
    // The exporter's own bound is for silence: a collector that answers byte by byte would hold it for ever.
    await inTime(taken, EXPORT_MS_MAX);
  }

  async close(): Promise<void> {
    await inTime(this.#exporter.shutdown(), EXPORT_MS_MAX);
  }
}
