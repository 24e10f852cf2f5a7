// Every metric of an index that is served alone: name, kind and meaning. Names are stable; docs/reference/metrics.md lists them.

export const indexMetricNames = {
  zerostate_index_requests_total: {
    kind: 'counter',
    help: 'Requests to the index server, by route and HTTP status.',
    labels: ['route', 'status'],
  },
  zerostate_index_request_seconds: {
    kind: 'histogram',
    help: 'Time to answer a request to the index server, by route, in seconds.',
    labels: ['route'],
  },
  zerostate_index_overloaded_total: {
    kind: 'counter',
    help: 'Requests refused because too much work waited, by kind (query, write).',
    labels: ['kind'],
  },
  zerostate_index_active: {
    kind: 'gauge',
    help: 'Requests at work, by kind (query, write).',
    labels: ['kind'],
  },
  zerostate_index_waiting: {
    kind: 'gauge',
    help: 'Requests that wait for a slot, by kind (query, write).',
    labels: ['kind'],
  },
  zerostate_index_cards_received_total: {
    kind: 'counter',
    help: 'Cards offered to the index server, by result (accepted, refused).',
    labels: ['result'],
  },
  zerostate_index_cards: { kind: 'gauge', help: 'Cards in the index.' },
  zerostate_index_cards_expired: { kind: 'gauge', help: 'Cards in the index past their expiry.' },
  zerostate_index_tombstones: { kind: 'gauge', help: 'Dead slots that the next compaction frees.' },
  zerostate_index_disk_bytes: { kind: 'gauge', help: 'Bytes of the log of cards.' },
  zerostate_index_memory_bytes: { kind: 'gauge', help: 'Bytes reserved for vectors.' },
  zerostate_index_graph_recall: {
    kind: 'gauge',
    help: 'Share of the true best that the graph was last measured to find; 0 without a graph.',
  },
  zerostate_index_searches: {
    kind: 'gauge',
    help: 'Searches since opening, by mode (exact, compressed, graph).',
    labels: ['mode'],
  },
} as const;

export type IndexMetricName = keyof typeof indexMetricNames;
