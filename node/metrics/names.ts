// Every metric's name, kind and meaning, in one place (those of relays and routed paths: path-names.ts). `begins` are the series that are
// exported as 0 before anything happened: of one that appears as 1, Prometheus sees no increase. Names are stable; docs/reference/metrics.md lists them.

import { FINAL_STATES } from '../../protocol/task/index.ts';
import { pathMetricNames } from './path-names.ts';

export const metricNames = {
  zerostate_ready: {
    kind: 'gauge',
    help: 'Whether each check of /readyz holds (1) or not (0).',
    labels: ['check'],
  },
  zerostate_degraded: {
    kind: 'gauge',
    help: 'Reasons for which it acts on less than it should, as /readyz names them: overrides, a policy that ran out, a start that fell back, agents here that are kept apart, channels that are damaged.',
  },
  zerostate_peers_connected: { kind: 'gauge', help: 'Peers connected now.' },
  zerostate_cards_known: { kind: 'gauge', help: 'Agent cards held and verified.' },
  zerostate_statements_stored_total: {
    kind: 'counter',
    help: 'Statements stored, by origin: own or replicated.',
    labels: ['origin'],
  },
  zerostate_gossip_messages_total: {
    kind: 'counter',
    help: 'Gossip messages by topic and verdict (accept, ignore, reject).',
    labels: ['topic', 'verdict'],
  },
  zerostate_sync_rounds_total: {
    kind: 'counter',
    help: 'Anti-entropy rounds by result (ok, failed).',
    labels: ['result'],
    begins: [{ result: 'ok' }, { result: 'failed' }],
  },
  zerostate_sync_bytes_total: { kind: 'counter', help: 'Bytes of log tails received by anti-entropy.' },
  zerostate_sync_refused_total: {
    kind: 'counter',
    help: 'Logs or tails refused by anti-entropy, by reason (bad-tail, bad-head, fork, quota).',
    labels: ['reason'],
  },
  zerostate_storage_failing: {
    kind: 'gauge',
    help: '1 while the disk does not take writes and the node is read-only.',
  },
  zerostate_trace_spans_lost_total: {
    kind: 'counter',
    help: 'Spans that nobody will see, by why: failed (the collector or the file did not take them in time), full (it is too slow for what comes).',
    labels: ['why'],
    begins: [{ why: 'failed' }, { why: 'full' }],
  },
  zerostate_disk_free_bytes: {
    kind: 'gauge',
    help: 'Bytes that the disk of the home folder has left for this node; absent where the system does not say.',
  },
  zerostate_log_bytes: { kind: 'gauge', help: 'Bytes of records and bodies of all logs held.' },
  zerostate_log_forks: { kind: 'gauge', help: 'Logs known to have signed two histories; evidence is kept.' },
  zerostate_witness_requests_total: {
    kind: 'counter',
    help: 'Requests to cosign heads of logs that this node answered as a witness, by status as in C2SP tlog-witness.',
    labels: ['status'],
  },
  zerostate_log_cosignatures_total: {
    kind: 'counter',
    help: 'Times that a witness was asked to cosign the own log, by result (ok, refused, failed).',
    labels: ['result'],
  },
  zerostate_log_evicted_total: {
    kind: 'counter',
    help: 'Bodies of ephemeral statements let go after other nodes had proven to hold them.',
  },
  zerostate_log_evictions_refused_total: {
    kind: 'counter',
    help: 'Bodies that were old enough to be let go and stayed, since too few other nodes proved to hold them.',
  },
  zerostate_log_witnessed_size: {
    kind: 'gauge',
    help: 'Entries of the own log under its newest head that a quorum of witnesses vouches for.',
  },
  zerostate_log_damaged_total: {
    kind: 'counter',
    help: 'Logs found damaged on the own disk and cut to their sound part, to be fetched again.',
  },
  zerostate_finds_total: {
    kind: 'counter',
    help: 'Discovery requests by result (ok, partial, failed).',
    labels: ['result'],
    begins: [{ result: 'ok' }, { result: 'partial' }, { result: 'failed' }],
  },
  zerostate_find_seconds: {
    kind: 'histogram',
    help: 'Discovery latency, words in to validated cards out, in seconds.',
  },
  zerostate_index_omissions_total: {
    kind: 'counter',
    help: 'Checks in which an index left out a card that it should know.',
  },
  zerostate_index_false_scores_total: {
    kind: 'counter',
    help: 'Scores claimed by an index that cannot be true, as computed here.',
  },
  zerostate_index_lag_cards: {
    kind: 'gauge',
    help: 'Cards known here that the own index does not have yet.',
  },
  zerostate_index_lag_seconds: {
    kind: 'gauge',
    help: 'How long the card that waits longest for the own index has waited, in seconds.',
  },
  zerostate_index_reconciled_total: {
    kind: 'counter',
    help: 'Cards that reconciliation of the own index found, by kind (missing, outdated, gone).',
    labels: ['kind'],
  },
  zerostate_tasks_total: {
    kind: 'counter',
    help: 'Tasks by role (requester, executor) and final status.',
    labels: ['role', 'status'],
    begins: FINAL_STATES.map((status) => ({ role: 'requester', status })),
  },
  zerostate_task_seconds: {
    kind: 'histogram',
    help: 'Task latency at the requester, end to end, in seconds.',
  },
  zerostate_guilds: { kind: 'gauge', help: 'Guilds that this node sits in.' },
  zerostate_guild_requests_total: {
    kind: 'counter',
    help: 'Requests sent to members of guilds, by operation and result; gossip is the fallback for members that cannot be dialled.',
    labels: ['op', 'result'],
  },
  zerostate_guild_form_seconds: {
    kind: 'histogram',
    help: 'Time to form a guild at its owner, in seconds.',
  },
  zerostate_guilds_ended_total: {
    kind: 'counter',
    help: 'Guilds that ended here, by reason (dissolved, left, removed, expired, lost, stopped).',
    labels: ['reason'],
  },
  zerostate_log_size: { kind: 'gauge', help: 'Entries in the own log.' },
  zerostate_inbound_refused_total: {
    kind: 'counter',
    help: 'Inbound protocol requests refused, by protocol and reason.',
    labels: ['protocol', 'reason'],
  },
  zerostate_peers_penalized_total: {
    kind: 'counter',
    help: 'Times that a peer was shut out for invalid objects.',
  },
  zerostate_connections_refused_total: {
    kind: 'counter',
    help: 'Inbound connections refused, by reason (inbound, site, site-pending, peer, penalized, policy) or ended for a site that has fewer (share), and peers that a relay does not serve (reputation, unpaid).',
    labels: ['reason'],
  },
  ...pathMetricNames,
  zerostate_peers_by_path: {
    kind: 'gauge',
    help: 'Peers connected now by how: direct, punched (direct, after a relayed connection), relayed (a circuit), routed (forwarded).',
    labels: ['path'],
  },
  zerostate_gossip_redials_total: {
    kind: 'counter',
    help: 'Peers dialled again because their gossip stream was dead.',
  },
  zerostate_dht_records: { kind: 'gauge', help: 'DHT records held.' },
  zerostate_dht_record_bytes: { kind: 'gauge', help: 'Bytes of DHT records held.' },
  zerostate_dht_contacts_refused_total: {
    kind: 'counter',
    help: 'Contacts kept out of the routing table because their address group has its share.',
  },
  zerostate_artifacts: { kind: 'gauge', help: 'Artifacts in the store, incomplete ones included.' },
  zerostate_artifact_bytes: { kind: 'gauge', help: 'Bytes of artifact blocks in the store.' },
  zerostate_artifact_bytes_total: {
    kind: 'counter',
    help: 'Bytes of artifact blocks moved, by direction (fetched, served).',
    labels: ['direction'],
  },
  zerostate_artifact_fetches_total: {
    kind: 'counter',
    help: 'Fetches of artifacts by result (ok, or the error code).',
    labels: ['result'],
  },
  zerostate_artifact_blocks_refused_total: {
    kind: 'counter',
    help: 'Blocks not taken, by reason: unasked (bytes that nobody asked for), disk (damaged in the store).',
    labels: ['reason'],
  },
  zerostate_artifacts_evicted_total: { kind: 'counter', help: 'Artifacts that gave way to others.' },
  zerostate_artifact_repairs_total: {
    kind: 'counter',
    help: 'Copies asked of further nodes to restore replication, by result (ok, failed).',
    labels: ['result'],
  },
  zerostate_channel_refusals_total: {
    kind: 'counter',
    help: 'Steps of payment channels that were refused, by reason.',
    labels: ['code'],
  },
  zerostate_channels_settled_total: {
    kind: 'counter',
    help: 'Payment channels of this node that have ended, by end (cooperative, unilateral, penalised).',
    labels: ['end'],
  },
  zerostate_policy_decisions_total: {
    kind: 'counter',
    help: 'Decisions of the policy, by kind (find, run, accept-statement, peer, relay) and verdict.',
    labels: ['kind', 'verdict'],
  },
  zerostate_policy_sequence: {
    kind: 'gauge',
    help: 'Sequence of the policy bundle in force; 0: the built-in policies.',
  },
  zerostate_policy_switches_total: {
    kind: 'counter',
    help: 'Switches of the policy, by action (apply, rollback) and result (ok, or the error code).',
    labels: ['action', 'result'],
  },
  zerostate_policy_records_lost_total: {
    kind: 'counter',
    help: 'Decisions whose record could not be written.',
  },
  zerostate_shed_total: {
    kind: 'counter',
    help: 'Requests of peers refused because the node has too much to do, by class (urgent, timed, bulk).',
    labels: ['class'],
  },
  zerostate_api_connections_ended_total: {
    kind: 'counter',
    help: 'Connections of programs to the API that were ended, by end (rested: made room for another; stalled: did not read its answer; refused: all others had a request under way; crowded: asked for too much at once).',
    labels: ['end'],
  },
  zerostate_loop_lag_seconds: {
    kind: 'gauge',
    help: 'How late the thread was with its work on average, as of this scrape; above 0.5 bulk is shed, above 2 timed work too.',
  },
  zerostate_quarantine_statements_total: {
    kind: 'counter',
    help: 'Quarantine orders and releases that logs brought, by kind (order, release) and verdict (accept, ignore, full).',
    labels: ['kind', 'verdict'],
  },
  zerostate_quarantine_orders: {
    kind: 'gauge',
    help: 'Quarantine orders, by state (held, pending, expired, released, void).',
    labels: ['state'],
  },
  zerostate_quarantine_refused_total: {
    kind: 'counter',
    help: 'Requests refused for a quarantine order, by kind (find, task, peer, statement, channel, guild).',
    labels: ['what'],
  },
  zerostate_policy_behind: {
    kind: 'gauge',
    help: '1 while others have begun with a policy that is not here, and it stands closed.',
  },
  zerostate_cards_ending: { kind: 'gauge', help: 'Cards of agents here that end in two weeks.' },
  zerostate_policy_overrides: {
    kind: 'gauge',
    help: 'Overrides of revocation gates in force.',
  },
  zerostate_partner_queries_total: {
    kind: 'counter',
    help: 'Federated queries by result (complete, partial).',
    labels: ['result'],
  },
  zerostate_partner_query_seconds: {
    kind: 'histogram',
    help: 'Federated query latency, until everybody worth waiting for has answered, in seconds.',
  },
  zerostate_partner_served_total: {
    kind: 'counter',
    help: 'Queries of partners by result (ok, refused, budget).',
    labels: ['result'],
  },
  zerostate_partner_lies_total: {
    kind: 'counter',
    help: 'Partners caught with evidence, by lie (omission, old-head).',
    labels: ['lie'],
    begins: [{ lie: 'omission' }, { lie: 'old-head' }],
  },
} as const;

export type MetricName = keyof typeof metricNames;
