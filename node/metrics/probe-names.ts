// Metrics of the synthetic probe: what a user of the network sees, measured from outside. Names are stable.

export const probeMetricNames = {
  zerostate_probe_ok: {
    kind: 'gauge',
    help: 'Whether the newest try went as it should (1) or not (0), by check (find, task).',
    labels: ['check'],
  },
  zerostate_probe_seconds: {
    kind: 'gauge',
    help: 'Time of the newest try, by check, in seconds.',
    labels: ['check'],
  },
  zerostate_probe_tries_total: {
    kind: 'counter',
    help: 'Tries by check and result: ok, or the code of the error.',
    labels: ['check', 'result'],
  },
  zerostate_probe_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the newest try ended: a probe that has stopped looks well for ever otherwise.',
    labels: ['check'],
  },
  zerostate_probe_interval_seconds: {
    kind: 'gauge',
    help: 'Pause between two tries, by check, as the probe was told; 0 for a single one.',
    labels: ['check'],
  },
} as const;
