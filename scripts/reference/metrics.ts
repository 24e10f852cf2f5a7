// docs/reference/metrics.md, from the one list of metric names.

import { cell, table } from './markdown.ts';

export interface MetricEntry {
  readonly kind: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** The whole document. */
export function metricsDocument(metrics: Readonly<Record<string, MetricEntry>>): string {
  const rows = Object.entries(metrics)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { kind, labels, help }]) => [
      `\`${name}\``,
      kind,
      (labels ?? []).map((label) => `\`${label}\``).join(', '),
      cell(help),
    ]);
  return `# Metrics

Generated from \`node/metrics/names.ts\` by \`npm run docs:reference\`; do not edit. A node serves them in the Prometheus
text format at \`GET /metrics\`. Names are stable.

${table(['name', 'kind', 'labels', 'meaning'], rows)}
`;
}
