// Dashboards and alerts speak of metrics that exist: every expression parses as PromQL, and names and labels are those that are exported.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { createMetrics, metricNames } from '../../../node/metrics/index.ts';
import { probeMetricNames } from '../../../node/metrics/probe-names.ts';

const ROOT = new URL('../../../', import.meta.url);
const FOLDER = new URL('docs/dashboards/', ROOT);

interface Metric {
  readonly kind: string;
  readonly labels?: readonly string[];
}
const METRICS: Readonly<Record<string, Metric>> = { ...metricNames, ...probeMetricNames };
/** Labels that Prometheus adds. */
const COMMON = ['instance', 'job', 'le'];
/** What prom-client exports of the process itself, and what Prometheus says of each target. */
const OF_PROCESS = /^(?:(?:process|nodejs)_[a-z0-9_]+|up)$/;

/** What an expression speaks of. */
function readExpression(text: string) {
  const metrics: string[] = [];
  const labels: string[] = [];
  let errors = 0;
  parser.parse(text).iterate({
    enter: ({ from, name, to, type }) => {
      if (type.isError) errors += 1;
      if (name === 'Identifier') metrics.push(text.slice(from, to));
      if (name === 'LabelName') labels.push(text.slice(from, to));
    },
  });
  return { errors, metrics, labels };
}

/** Throws when an expression is none, or speaks of what nobody exports. */
function check(text: string, recorded: ReadonlySet<string>): void {
  const { errors, labels, metrics } = readExpression(text);
  assert.equal(errors, 0, `this is no PromQL: ${text}`);
  const known = new Set(COMMON);
  for (const metric of metrics) {
    if (recorded.has(metric) || OF_PROCESS.test(metric)) continue;
    const base = METRICS[metric] ?? METRICS[metric.replace(/_(?:bucket|count|sum)$/, '')];
    assert.ok(base, `no node exports ${metric}: ${text}`);
    assert.equal(
      metric in METRICS,
      base.kind !== 'histogram',
      `${metric} is not how a ${base.kind} is asked for`,
    );
    for (const label of base.labels ?? []) known.add(label);
  }
  for (const label of labels)
    assert.ok(known.has(label), `${metrics.join()} have no label ${label}: ${text}`);
}

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: { severity?: string };
  readonly annotations?: { summary?: string; runbook?: string };
}

describe('alerts', () => {
  const { groups } = parse(readFileSync(new URL('alerts.yaml', FOLDER), 'utf8')) as {
    groups: { rules: Rule[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  const recorded = new Set(rules.flatMap(({ record }) => record ?? []));

  it('speak of metrics that nodes export, with the labels that they have', () => {
    assert.ok(rules.length > 10);
    for (const { expr } of rules) check(expr, recorded);
  });

  it('wake somebody for a node and for a probe that say nothing any more', () => {
    for (const [silent, spoken] of [
      [/\bup\{.*== 0/, /zerostate_ready/],
      [/time\(\) - zerostate_probe_timestamp_seconds >/, /zerostate_probe_ok/],
    ] as const)
      for (const words of [silent, spoken])
        assert.ok(
          rules.some(({ alert, expr }) => alert !== undefined && words.test(expr)),
          String(words),
        );
  });

  it('say what is wrong, how urgent it is, and which page helps', () => {
    for (const { alert, annotations, labels } of rules) {
      if (alert === undefined) continue;
      assert.match(alert, /^Zerostate[A-Z][A-Za-z]+$/);
      assert.ok(['page', 'ticket'].includes(labels?.severity ?? ''), alert);
      assert.match(annotations?.summary ?? '', /\.$/, alert);
      const page = annotations?.runbook ?? '';
      assert.ok(existsSync(new URL(page, ROOT)), `${alert}: there is no ${page}`);
      if (page.endsWith('service-levels.md'))
        assert.ok(
          readFileSync(new URL(page, ROOT), 'utf8').includes(`**${alert}**`),
          `${page} does not speak of ${alert}`,
        );
    }
  });

  it('ask for the rate of what is exported from the start: of a series that appears with its first event Prometheus sees no increase', async () => {
    const text = await createMetrics().render();
    const silent: string[] = [];
    for (const { expr } of rules)
      for (const [, name = '', labels = ''] of expr.matchAll(/(zerostate_\w+_total)(?:\{([^}]*)\})?\[/g)) {
        const wanted = labels.split(',').filter((label) => label !== '');
        const there = text
          .split('\n')
          .some((line) => line.startsWith(name) && wanted.every((label) => line.includes(label)));
        if (!there) silent.push(`${name}{${labels}}`);
      }
    assert.deepEqual(silent, []);
  });

  it('send whoever is woken by a red check to a page that speaks of each check, and to no restore of a node that needs none', () => {
    const page = readFileSync(new URL('docs/reference/service-levels.md', ROOT), 'utf8');
    const source = readFileSync(new URL('node/api/readiness.ts', ROOT), 'utf8');
    const checks = [...source.matchAll(/\bname(?:: | = )'([a-z ]+)'/g)].map(([, name]) => name as string);
    assert.ok(checks.length >= 10);
    const [, table = ''] = page.split('**ZerostateNotReady**');
    assert.deepEqual(
      checks.filter((name) => !table.includes(`\`${name}\``)),
      [],
    );
    const runbookOf = (name: string) => rules.find(({ alert }) => alert === name)?.annotations?.runbook;
    for (const name of ['ZerostateNotReady', 'ZerostateLogDamaged'])
      assert.equal(runbookOf(name), 'docs/reference/service-levels.md');
  });

  it('are refused when they speak of what is not there', () => {
    assert.throws(() => check('rate(zerostate_finds[5m])', recorded), /no node exports/);
    assert.throws(() => check('sum by (reslt) (zerostate_finds_total)', recorded), /no label/);
    assert.throws(() => check('rate(zerostate_finds_total[5m)', recorded), /no PromQL/);
    assert.throws(() => check('zerostate_find_seconds > 1', recorded), /histogram/);
  });
});

describe('dashboards', () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.json')))
    it(`${name} speaks of metrics that nodes export`, () => {
      const { panels } = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as {
        panels: { title: string; targets?: { expr: string }[] }[];
      };
      assert.ok(panels.length > 0);
      for (const { targets = [] } of panels) for (const { expr } of targets) check(expr, new Set());
    });
});
