// The metrics of "zerostate probe". Loaded when it runs: no other command has any.

import { rename, writeFile } from 'node:fs/promises';
import { Counter, Gauge, Registry } from 'prom-client';
import { probeMetricNames } from '../../metrics/probe-names.ts';

const SECOND_MS = 1_000;

/** How one try went. */
export interface Try {
  readonly check: 'find' | 'task';
  readonly ok: boolean;
  readonly code: string;
  readonly ms: number;
  readonly detail: string;
}

/** How the last tries went, and how many there were. */
export class ProbeMetrics {
  readonly #registry = new Registry();
  readonly #gauges: Record<'ok' | 'seconds' | 'timestamp' | 'interval', Gauge>;
  readonly #tries: Counter;
  readonly #everySeconds: number;

  /** `everySeconds`: the pause between two tries; 0 where there is one. */
  constructor(everySeconds: number) {
    this.#everySeconds = everySeconds;
    const gauge = (name: keyof typeof probeMetricNames) =>
      new Gauge({
        name,
        help: probeMetricNames[name].help,
        labelNames: ['check'],
        registers: [this.#registry],
      });
    this.#gauges = {
      ok: gauge('zerostate_probe_ok'),
      seconds: gauge('zerostate_probe_seconds'),
      timestamp: gauge('zerostate_probe_timestamp_seconds'),
      interval: gauge('zerostate_probe_interval_seconds'),
    };
    const name = 'zerostate_probe_tries_total';
    const { help, labels } = probeMetricNames[name];
    this.#tries = new Counter({ name, help, labelNames: [...labels], registers: [this.#registry] });
  }

  note({ check, code, ms, ok }: Try): void {
    this.#gauges.ok.set({ check }, ok ? 1 : 0);
    this.#gauges.seconds.set({ check }, ms / SECOND_MS);
    this.#gauges.timestamp.set({ check }, Date.now() / SECOND_MS);
    this.#gauges.interval.set({ check }, this.#everySeconds);
    this.#tries.inc({ check, result: code });
  }

  /** Writes them for the textfile collector of the Prometheus node exporter: beside the place first, as it reads at any moment. */
  async write(path: string): Promise<void> {
    await writeFile(`${path}.tmp`, await this.#registry.metrics());
    await rename(`${path}.tmp`, path);
  }
}
