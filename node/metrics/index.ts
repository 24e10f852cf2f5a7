// One metrics registry per node (Prometheus). Services touch metrics by name only; names live in names.ts.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type MetricName, metricNames } from './names.ts';

export { type MetricName, metricNames } from './names.ts';

const LATENCY_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 1.5, 2.5, 5, 10];

type Labels = Record<string, string>;

/** What services may do with metrics. */
export interface Metrics {
  count(name: MetricName, labels?: Labels, by?: number): void;
  set(name: MetricName, value: number, labels?: Labels): void;
  /** Ends the series of a gauge: what it was about is not there any more. */
  forget(name: MetricName, labels: Labels): void;
  observe(name: MetricName, seconds: number): void;
  /** The Prometheus text exposition. */
  render(): Promise<string>;
}

/** Makes a registry that holds every metric of names.ts. `processMetrics` adds Node's own (one node a process). */
export function createMetrics(options: { processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });
  const made = new Map<string, Counter | Gauge | Histogram>();
  for (const [name, entry] of Object.entries(metricNames)) {
    const common = {
      name,
      help: entry.help,
      registers: [registry],
      labelNames: 'labels' in entry ? [...entry.labels] : [],
    };
    if (entry.kind === 'counter') {
      const counter = new Counter(common);
      for (const labels of 'begins' in entry ? entry.begins : []) counter.inc(labels, 0);
      made.set(name, counter);
    } else if (entry.kind === 'gauge') made.set(name, new Gauge(common));
    else made.set(name, new Histogram({ ...common, buckets: LATENCY_BUCKETS_SECONDS }));
  }
  return {
    count: (name, labels = {}, by = 1) => (made.get(name) as Counter).inc(labels, by),
    set: (name, value, labels = {}) => (made.get(name) as Gauge).set(labels, value),
    forget: (name, labels) => (made.get(name) as Gauge).remove(labels),
    observe: (name, seconds) => (made.get(name) as Histogram).observe(seconds),
    render: () => registry.metrics(),
  };
}
