// Starts tracing for this process, where its configuration asks for it. OpenTelemetry's SDK is loaded only then: it is a third of a command's start.

/** Where spans go. */
export interface TracingOptions {
  /** Address of an OTLP/HTTP collector, up to and without /v1/traces; empty: none. */
  readonly endpoint: string;
  /** A file of OTLP JSON lines; empty: none. */
  readonly file: string;
  /** Of a thousand new traces, how many are recorded. A trace that a caller records is recorded here as well. */
  readonly sample: number;
  readonly name: string;
  readonly peerId: string;
  readonly region: string;
  /** Hears of spans that were lost; with an error, where the collector or the file did not take them. */
  readonly lost?: (count: number, error?: Error) => void;
}

/** Tracing that runs. */
export interface Tracing {
  /** From now on, so many of a thousand new traces are recorded. */
  sample(ofThousand: number): void;
  /** Exports what waits; spans that begin meanwhile wait for the next time. Never throws. */
  flush(): Promise<void>;
  /** Exports what waits, and ends. Never throws. */
  stop(): Promise<void>;
}

/** Starts tracing where the options say where to; undefined otherwise. One for a process. Throws STORAGE_FAILED when the file cannot be opened. */
export async function startTracing(options: TracingOptions): Promise<Tracing | undefined> {
  if (options.endpoint === '' && options.file === '') return undefined;
  const { startSdk } = await import('./sdk.ts');
  return await startSdk(options);
}
