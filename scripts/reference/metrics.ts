// docs/reference/metrics.md, from the one list of metric names.

import { cell, table } from './markdown.ts';

export interface MetricEntry {
  readonly kind: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

type Metrics = Readonly<Record<string, MetricEntry>>;

/** The whole document. */
export function metricsDocument(metrics: Metrics, ofIndexServer: Metrics): string {
  return `# Metrics

Generated from \`node/metrics/names.ts\` and \`index-service/server/metric-names.ts\` by \`npm run docs:reference\`; do not
edit. Names are stable.

## A node

In the Prometheus text format at \`GET /metrics\` of its API.

${metricsTable(metrics)}
## An index that is served alone

In the same format at \`GET /metrics\` of \`zerostate index serve\`.

${metricsTable(ofIndexServer)}`;
}

function metricsTable(metrics: Metrics): string {
  const rows = Object.entries(metrics)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { kind, labels, help }]) => [
      `\`${name}\``,
      kind,
      (labels ?? []).map((label) => `\`${label}\``).join(', '),
      cell(help),
    ]);
  return `${table(['name', 'kind', 'labels', 'meaning'], rows)}
`;
}
