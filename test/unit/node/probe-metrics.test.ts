// What the synthetic probe writes for Prometheus.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProbeMetrics } from '../../../node/cli/commands/probe-metrics.ts';

describe('the metrics of the probe', () => {
  it('say how often it tries, so that one that tries every hour is not taken for one that has stopped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zerostate-probe-'));
    try {
      const metrics = new ProbeMetrics(3_600);
      metrics.note({ check: 'find', ok: false, code: 'NO_INDEX', ms: 1_500, detail: '' });
      const file = join(folder, 'probe.prom');
      await metrics.write(file);
      const text = readFileSync(file, 'utf8');
      for (const line of [
        'zerostate_probe_interval_seconds{check="find"} 3600',
        'zerostate_probe_ok{check="find"} 0',
        'zerostate_probe_seconds{check="find"} 1.5',
        'zerostate_probe_tries_total{check="find",result="NO_INDEX"} 1',
      ])
        assert.ok(text.split('\n').includes(line), line);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
