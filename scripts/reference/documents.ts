// The generated reference documents: where each one stands and how its text is made.

import { buildProgram } from '../../bin/program.ts';
import { indexMetricNames } from '../../index-service/server/metric-names.ts';
import { configSchema } from '../../node/config/schema.ts';
import { metricNames } from '../../node/metrics/names.ts';
import { probeMetricNames } from '../../node/metrics/probe-names.ts';
import { scenarioSchema } from '../../sim/scenario/index.ts';
import { CLAIMS_DOC } from '../claims/read.ts';
import type { Finding, Tree } from '../source/tree.ts';
import { claimsDocument } from './claims.ts';
import { cliDocument } from './cli.ts';
import { configurationDocument, type SchemaNode } from './configuration.ts';
import { checkCodesRaised, checkErrorTable, ERRORS_DOC, errorsDocument } from './errors.ts';
import { fuelScheduleDocument } from './fuel-schedule.ts';
import { limitsDocument } from './limits.ts';
import { metricsDocument } from './metrics.ts';
import { codesByRoom } from './rooms-codes.ts';
import { schemaDocument } from './schema.ts';

export interface GeneratedDocument {
  readonly path: string;
  render(tree: Tree): string;
}

export const generatedDocuments: readonly GeneratedDocument[] = [
  { path: ERRORS_DOC, render: () => errorsDocument(codesByRoom) },
  {
    path: 'docs/reference/metrics.md',
    render: () => metricsDocument(metricNames, indexMetricNames, probeMetricNames),
  },
  {
    path: 'docs/reference/configuration.md',
    render: () => configurationDocument(configSchema as SchemaNode),
  },
  { path: CLAIMS_DOC, render: claimsDocument },
  { path: 'docs/reference/limits.md', render: limitsDocument },
  { path: 'docs/reference/fuel-schedule.md', render: fuelScheduleDocument },
  { path: 'docs/reference/scenario.schema.json', render: () => schemaDocument(scenarioSchema) },
  { path: 'docs/reference/cli.md', render: () => cliDocument(buildProgram('zerostate')) },
];

/** Generated documents that do not match their source, and errors of the error table itself. */
export function checkGenerated(tree: Tree): Finding[] {
  const stale = generatedDocuments.filter(
    ({ path, render }) => tree.files.find((file) => file.path === path)?.text !== render(tree),
  );
  const message = 'stale: run "npm run docs:reference"';
  return [
    ...checkErrorTable(codesByRoom),
    ...checkCodesRaised(tree, codesByRoom),
    ...stale.map(({ path }) => ({ path, message })),
  ];
}
