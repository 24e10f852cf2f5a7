// Metrics of relays, and of paths through them. Names are stable.

export const pathMetricNames = {
  zerostate_relayed_bytes_total: {
    kind: 'counter',
    help: 'Bytes that this relay passed on, from (up) and to (down) whoever asked for the connection.',
    labels: ['direction'],
  },
  zerostate_relay_streams: { kind: 'gauge', help: 'Streams that this relay forwards now.' },
  zerostate_relay_streams_total: {
    kind: 'counter',
    help: 'Streams that this relay was asked to forward, by class (interactive, standard, bulk) and result: open, or the code of the refusal.',
    labels: ['class', 'result'],
  },
  zerostate_relay_forwarded_bytes_total: {
    kind: 'counter',
    help: 'Bytes of forwarded streams, both ways, by next hop (peer id of a relay, or "edge") and class; counted when a stream ends.',
    labels: ['next', 'class'],
  },
  zerostate_relay_handed_total: {
    kind: 'counter',
    help: 'Streams handed to a neighbour, by neighbour (peer id of a relay, or "edge"), class and result (ok, failed).',
    labels: ['neighbour', 'class', 'result'],
  },
  zerostate_relay_setup_seconds: {
    kind: 'histogram',
    help: 'Time from having a header to the answer of the hops behind, of streams that were opened.',
  },
  zerostate_relay_neighbour_rtt_seconds: {
    kind: 'gauge',
    help: 'Smoothed round trip of probes, by relay (peer id).',
    labels: ['neighbour'],
  },
  zerostate_relay_neighbour_loss: {
    kind: 'gauge',
    help: 'Share of probes lost lately, by relay (peer id).',
    labels: ['neighbour'],
  },
  zerostate_relay_neighbour_in_flight: {
    kind: 'gauge',
    help: 'Streams handed to a relay (peer id) that it has not answered yet.',
    labels: ['neighbour'],
  },
  zerostate_relay_paid_total: {
    kind: 'counter',
    help: 'Millionths that this node paid relays by itself, within relay.pay, by currency.',
    labels: ['currency'],
  },
  zerostate_relay_surplus_total: {
    kind: 'counter',
    help: 'Millionths that relays asked for beyond what this node counted at the price of their cards, each time that a relay was left for it, by currency.',
    labels: ['currency'],
  },
  zerostate_relay_pay_ends_total: {
    kind: 'counter',
    help: 'Times that a relay was not paid and left, by reason (budget, surplus, currency, seller, funds, refused).',
    labels: ['reason'],
  },
  zerostate_relay_discrepancies_total: {
    kind: 'counter',
    help: 'Times that what a relay reports did not fit what was measured.',
  },
  zerostate_routed_paths_total: {
    kind: 'counter',
    help: 'Paths through relays that this node asked for, by result (open, failed).',
    labels: ['result'],
  },
  zerostate_routed_move_seconds: {
    kind: 'histogram',
    help: 'Time without a path of links that moved to another one.',
  },
  zerostate_routed_links_lost_total: {
    kind: 'counter',
    help: 'Links through relays that broke and found no other path in time.',
  },
} as const;
