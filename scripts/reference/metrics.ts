// docs/reference/metrics.md, from the one list of metric names.

import { cell, table } from './markdown.ts';

export interface MetricEntry {
  readonly kind: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

type Metrics = Readonly<Record<string, MetricEntry>>;

/** The whole document. */
export function metricsDocument(metrics: Metrics, ofIndexServer: Metrics, ofProbe: Metrics): string {
  return `# Metrics

Generated from \`node/metrics/names.ts\`, \`node/metrics/probe-names.ts\` and \`index-service/server/metric-names.ts\` by \`npm run docs:reference\`; do not
edit. Names are stable.

## A node

In the Prometheus text format at \`GET /metrics\` of its API.

${metricsTable(metrics)}
## An index that is served alone

In the same format at \`GET /metrics\` of \`zerostate index serve\`.

${metricsTable(ofIndexServer)}
## The synthetic probe

In the file that \`zerostate probe --textfile\` writes.

${metricsTable(ofProbe)}`;
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
