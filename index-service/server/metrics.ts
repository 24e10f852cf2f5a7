// The metrics of one served index. Figures of the index itself are read when somebody scrapes.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { IndexStats } from '../interface.ts';
import { type IndexMetricName, indexMetricNames } from './metric-names.ts';

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

type Labels = Record<string, string>;

export interface IndexMetrics {
  count(name: IndexMetricName, labels: Labels, by?: number): void;
  set(name: IndexMetricName, value: number, labels?: Labels): void;
  observe(name: IndexMetricName, labels: Labels, seconds: number): void;
  /** The Prometheus text form. */
  render(stats: IndexStats): Promise<string>;
}

/** A registry with every metric. `processMetrics` adds those of Node itself: for one index a process. */
export function indexMetrics(options: { processMetrics: boolean }): IndexMetrics {
  const registry = new Registry();
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const made = new Map<string, Counter | Gauge | Histogram>();
  for (const [name, entry] of Object.entries(indexMetricNames)) {
    const labelNames = 'labels' in entry ? [...entry.labels] : [];
    const common = { name, help: entry.help, registers: [registry], labelNames };
    if (entry.kind === 'counter') made.set(name, new Counter(common));
    else if (entry.kind === 'gauge') made.set(name, new Gauge(common));
    else made.set(name, new Histogram({ ...common, buckets: BUCKETS_SECONDS }));
  }
  const set = (name: IndexMetricName, value: number, labels: Labels = {}) =>
    (made.get(name) as Gauge).set(labels, value);
  return {
    count: (name, labels, by = 1) => (made.get(name) as Counter).inc(labels, by),
    set,
    observe: (name, labels, seconds) => (made.get(name) as Histogram).observe(labels, seconds),
    render: (stats) => {
      set('zerostate_index_cards', stats.cards);
      set('zerostate_index_cards_expired', stats.expired);
      set('zerostate_index_tombstones', stats.tombstones);
      set('zerostate_index_disk_bytes', stats.bytesOnDisk);
      set('zerostate_index_memory_bytes', stats.bytesInMemory);
      set('zerostate_index_graph_recall', stats.graphRecall);
      for (const [mode, runs] of Object.entries(stats.queries))
        set('zerostate_index_searches', runs, { mode });
      return registry.metrics();
    },
  };
}
