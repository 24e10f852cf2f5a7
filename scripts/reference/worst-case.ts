// What a node takes when everything is full: each queue, cache, connection and file with its bound, as named in the source, times what one takes.
// The products and sums are computed from the source, so they cannot fall behind it. Reads the source only.

import type { Tree } from '../source/tree.ts';
import { code, table } from './markdown.ts';

/** Where something is held. */
const PLACES = ['memory', 'disk', 'descriptors'] as const;
type Place = (typeof PLACES)[number];

/** A bound by name and file, or a figure that is not a bound of ours, with its reason in the row. */
type Figure = number | readonly [name: string, path: string];

interface Row {
  readonly place: Place;
  readonly kind: 'queue' | 'cache' | 'connections' | 'files' | 'work';
  readonly what: string;
  readonly count: Figure;
  /** Bytes of one; 1 where `count` is bytes already, or descriptors. */
  readonly each: Figure;
  /** Why one takes so much. */
  readonly why: string;
}

/** Connections that a node keeps at most unless its configuration says otherwise (`peers.max`). */
const CONNECTIONS = 128;
const KIB = 1_024;
const MIB = 1_024 * KIB;

const ROWS: readonly Row[] = [
  row(
    'memory',
    'connections',
    'connections: a socket, its cipher state and its muxer',
    CONNECTIONS,
    64 * KIB,
    'an estimate with room: what fifty nodes take stands above',
  ),
  row(
    'memory',
    'connections',
    'bytes of peers that are not read yet, from a hostile one on every connection',
    CONNECTIONS,
    64 * MIB,
    'the burst of bytes that a peer may send before its streams are cut (`BUDGETS`); a stream that is read slowly is stopped at 256 KiB by the muxer',
  ),
  row(
    'memory',
    'queue',
    'what the forwarded streams of a relay hold for slow readers',
    ['FORWARD_HELD_BYTES_MAX', 'node/routing/limits.ts'],
    1,
    'bytes in all, but for what a quarter of a second brings; each holds two windows at most',
  ),
  row(
    'memory',
    'connections',
    'gossip that waits for a slow peer',
    64,
    ['GOSSIP_OUTBOUND_BYTES_MAX', 'node/host/limits.ts'],
    'peers of the three meshes; the others are sent heads at once and nothing waits',
  ),
  row(
    'memory',
    'work',
    'requests of peers under way',
    2_048,
    64 * KIB,
    '`UNDER_WAY_MAX`; most protocols take 64 KiB or less',
  ),
  row(
    'memory',
    'work',
    'the largest requests under way: tasks with their parts',
    ['MEMORY_BYTES_MAX', 'node/tasks/parts.ts'],
    1,
    'bytes in all',
  ),
  row(
    'memory',
    'connections',
    'gossiped heads that are followed, with what came along',
    CONNECTIONS,
    ['HEADS_BYTES_PER_PEER_MAX', 'node/sync/heads-under-way.ts'],
    'of a peer that does not answer for what is missing',
  ),
  row(
    'memory',
    'work',
    'answers about logs that are being made, one for each peer',
    CONNECTIONS,
    ['TAIL_BYTES_MAX', 'protocol/sync/limits.ts'],
    'the largest that a peer is sent',
  ),
  row(
    'memory',
    'queue',
    'large answers that wait for peers to read them',
    ['ANSWERS_BYTES_MAX', 'node/rpc/answers-waiting.ts'],
    1,
    'bytes in all',
  ),
  row(
    'memory',
    'work',
    'large bodies of requests on the API',
    ['LARGE_BODIES_BYTES_MAX', 'node/api/bodies.ts'],
    3,
    'bytes in all: as they came, as text, and read',
  ),
  row(
    'memory',
    'work',
    'bodies of requests on the API that are not large',
    ['SMALL_BODIES_BYTES_MAX', 'node/api/bodies.ts'],
    2,
    'bytes in all: as they came, and as text',
  ),
  row(
    'memory',
    'work',
    'bodies of requests on the API that are not counted',
    ['API_CONNECTIONS_MAX', 'node/api/connections.ts'],
    64 * KIB,
    '`TINY_BODY_BYTES_MAX`; one of each connection comes at a time',
  ),
  row(
    'memory',
    'queue',
    'answers of the API that wait for programs to read them',
    ['ANSWERS_WAITING_BYTES_MAX', 'node/api/connections.ts'],
    1,
    'bytes in all, but for what half a second makes',
  ),
  row(
    'memory',
    'connections',
    'muxer frames that wait for a peer that does not read',
    ['FRAMES_WAITING_MAX', 'node/host/limits.ts'],
    700 * CONNECTIONS,
    'each with its cipher and its place in the queue, on every connection',
  ),
  row(
    'memory',
    'connections',
    'connections of programs to the API',
    ['API_CONNECTIONS_MAX', 'node/api/connections.ts'],
    32 * KIB,
    'the head of a request, 16 KiB, and its reader: an estimate with room',
  ),
  row(
    'memory',
    'cache',
    'what the database gathers before it writes a table',
    ['WRITE_BUFFER_BYTES_MAX', 'node/storage/guarded-level.ts'],
    2,
    'one that fills while the one before is written',
  ),
  row(
    'memory',
    'cache',
    'cards',
    ['CARDS_MAX', 'node/cards/card-book.ts'],
    27_000,
    'a signed card and all that is made of it: its keys, its vector, its place in the index and the graph; what a soak measured',
  ),
  row(
    'memory',
    'cache',
    'nodes that have announced themselves',
    ['NODES_MAX', 'node/network/directory.ts'],
    2_000,
    'an announcement',
  ),
  row(
    'memory',
    'cache',
    'standings of peers',
    ['PEERS_MAX', 'node/admission/ledger.ts'],
    2_000,
    'six budgets, and one for each of some twenty protocols',
  ),
  row(
    'memory',
    'cache',
    'revocations',
    ['REVOCATIONS_MAX', 'protocol/revocation/limits.ts'],
    500,
    'target, reason, keys',
  ),
  row(
    'memory',
    'cache',
    'quarantine orders',
    ['ORDERS_MAX', 'protocol/quarantine/limits.ts'],
    2_000,
    'targets, reason, releases',
  ),
  row(
    'memory',
    'cache',
    'receipts',
    ['RECEIPTS_MAX', 'node/receipts/receipt-book.ts'],
    2_000,
    'the predicate as it was read; one keychain for all of an agent',
  ),
  row(
    'memory',
    'cache',
    'the provenance graph: statements',
    ['GRAPH_STATEMENTS_MAX', 'node/provenance/graph.ts'],
    64,
    'columns of numbers',
  ),
  row(
    'memory',
    'cache',
    'the provenance graph: things',
    ['GRAPH_THINGS_MAX', 'node/provenance/graph.ts'],
    160,
    'a name and three lists',
  ),
  row(
    'memory',
    'cache',
    'results of tasks that have ended here',
    ['ENDED_BYTES_MAX', 'node/tasks/run-table.ts'],
    1,
    'bytes in all',
  ),
  row(
    'memory',
    'cache',
    'what tasks write while they run',
    3_072,
    ['LIVE_BYTES_MAX', 'node/tasks/live-output.ts'],
    'two streams of each of `RUNS_MAX` runs, and of `ENDED_MAX` that wrote more than their result says',
  ),
  row(
    'memory',
    'cache',
    'tasks of this node',
    ['KEPT_MAX', 'node/tasks/task-book.ts'],
    39_000,
    'members with their reasons, timeline, its receipt; what a small network measured',
  ),
  row('memory', 'cache', 'verdicts of policies', 4_096 * 8, 1_000, 'eight sets of policies kept read'),
  row(
    'memory',
    'cache',
    'answers of guilds',
    ['ANSWERS_BYTES_MAX', 'node/guild/contents.ts'],
    1,
    'bytes in all',
  ),
  row(
    'memory',
    'cache',
    'answers to repeated requests of the API',
    ['IDEMPOTENCY_ANSWERS_MAX', 'node/api/idempotency.ts'],
    ['IDEMPOTENCY_ANSWER_CHARS_MAX', 'node/api/idempotency.ts'],
    'the largest that is kept',
  ),
  row(
    'memory',
    'queue',
    'statements that wait for the disk',
    ['WAITING_MAX', 'node/log/own-log.ts'],
    65_536,
    'the largest statement',
  ),
  row(
    'memory',
    'queue',
    'decision records that wait for the disk',
    ['RECORDS_WAITING_MAX', 'node/policy/limits.ts'],
    ['DECISION_BYTES_MAX', 'protocol/policy/limits.ts'],
    'the largest record',
  ),
  row(
    'memory',
    'queue',
    'events that wait for slow watchers',
    ['WATCHERS_MAX', 'node/api/routes/events.ts'],
    ['BACKLOG_BYTES_MAX', 'node/api/routes/events.ts'],
    'each watcher',
  ),
  row(
    'memory',
    'queue',
    'blocks of fetches that wait to be written',
    ['OUTSTANDING_MAX', 'node/artifacts/limits.ts'],
    ['BLOCK_BYTES_MAX', 'node/artifacts/limits.ts'],
    'of each fetch under way; the usual one is a quarter of it',
  ),
  row(
    'disk',
    'cache',
    'objects that are not proven yet',
    ['QUARANTINE_BYTES_MAX', 'node/admission/quarantine.ts'],
    1,
    'bytes in all',
  ),
  row(
    'disk',
    'cache',
    'results of tasks of this node',
    ['ANSWER_BYTES_MAX', 'node/tasks/task-book.ts'],
    1,
    'bytes in all',
  ),
  row('disk', 'cache', 'parts of tasks', ['BYTES_MAX', 'node/tasks/parts.ts'], 1, 'bytes in all'),
  row(
    'disk',
    'cache',
    'decision records, of each of six kinds',
    6,
    ['DECISION_BYTES_KEPT', 'node/policy/limits.ts'],
    'bytes of each kind',
  ),
  row(
    'disk',
    'cache',
    'conversations of A2A',
    ['A2A_BYTES_MAX', 'node/a2a/task-store.ts'],
    1,
    'bytes in all',
  ),
  row('descriptors', 'connections', 'connections of peers', CONNECTIONS, 1, 'a socket each'),
  row(
    'descriptors',
    'connections',
    'connections in handshake',
    ['PENDING_CONNECTIONS_MAX', 'node/host/limits.ts'],
    1,
    'a socket each',
  ),
  row(
    'descriptors',
    'connections',
    'dials under way',
    ['DIALS_MAX', 'node/host/limits.ts'],
    8,
    'as many addresses of a peer are tried at once at most',
  ),
  row(
    'descriptors',
    'connections',
    'connections of programs to the API, its watchers among them',
    ['API_CONNECTIONS_MAX', 'node/api/connections.ts'],
    1,
    'a socket each',
  ),
  row(
    'descriptors',
    'files',
    'tables of the database',
    1_000,
    1,
    'what LevelDB keeps open at most unless told (`max_open_files`)',
  ),
  row(
    'descriptors',
    'files',
    'log, manifest and lock of the database, own head, standard streams',
    16,
    1,
    'a fixed number',
  ),
];

function row(place: Place, kind: Row['kind'], what: string, count: Figure, each: Figure, why: string): Row {
  return { place, kind, what, count, each, why };
}

/** The value of a bound that is written as plain arithmetic. Throws when it is not there or is not. */
function amountOf(tree: Tree, figure: Figure): number {
  if (typeof figure === 'number') return figure;
  const [name, path] = figure;
  const source = tree.sources.find((one) => one.path === path)?.text ?? '';
  const [, value = ''] = new RegExp(`const ${name}(?:: number)? = ([^;]+);`).exec(source) ?? [];
  const text = value.replaceAll('_', '').replaceAll('MIB', '1048576').replaceAll('KIB', '1024');
  if (!/^[\d\s*]+$/.test(text)) throw new Error(`${path} has no bound ${name} that is plain arithmetic`);
  return text.split('*').reduce((product, factor) => product * Number(factor), 1);
}

function shown(place: Place, amount: number): string {
  if (place === 'descriptors') return amount.toLocaleString('en');
  return amount >= 10 * MIB
    ? `${Math.round(amount / MIB).toLocaleString('en')} MiB`
    : `${Math.ceil(amount / KIB).toLocaleString('en')} KiB`;
}

const written = (figure: Figure, value: number): string =>
  typeof figure === 'number'
    ? value.toLocaleString('en')
    : `${code(figure[0])} = ${value.toLocaleString('en')}`;

/** The section of docs/reference/limits.md. */
export function worstCase(tree: Tree): string {
  const parts = PLACES.map((place) => {
    let sum = 0;
    const rows = ROWS.filter((one) => one.place === place).map(({ count, each, kind, what, why }) => {
      const [many, one] = [amountOf(tree, count), amountOf(tree, each)];
      sum += many * one;
      return [
        kind,
        what,
        written(count, many),
        one === 1 ? '' : written(each, one),
        shown(place, many * one),
        why,
      ];
    });
    const head = ['kind', 'what', 'at most', 'each', 'in all', 'why so much'];
    const total = ['', '**all of it at once**', '', '', `**${shown(place, sum)}**`, ''];
    return `### ${place[0]?.toUpperCase()}${place.slice(1)}\n\n${table(head, [...rows, total])}\n`;
  });
  return parts.join('\n');
}
