// What the HTTP API answers: one schema each, from which validation, types and the OpenAPI document come.

import Type, { type Static } from 'typebox';

const text = Type.String();
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const cardViewSchema = Type.Object({
  agentId: text,
  cardId: text,
  name: text,
  description: text,
  region: text,
  operator: Type.Optional(text),
  tags: Type.Array(text),
  capabilities: Type.Array(Type.Object({ name: text, description: text, tags: Type.Array(text) })),
  prices: Type.Array(Type.Object({ unit: text, amount: text, currency: text, per: Type.Optional(text) })),
  languages: Type.Optional(Type.Array(text)),
  sla: text,
  sequence: Type.Integer(),
  /** Number of the identity key, and of the operational key under it. */
  epoch: Type.Optional(Type.Integer()),
  keySerial: Type.Optional(Type.Integer()),
  issuedAt: text,
  expiresAt: text,
  host: text,
  local: Type.Boolean(),
  status: Type.Union([Type.Literal('valid'), Type.Literal('expired'), Type.Literal('revoked')]),
  revocation: nullable(Type.Object({ reason: text, statementId: text, at: text })),
  envelope: Type.Optional(Type.Unsafe<object>({ type: 'object', additionalProperties: true })),
});
export type CardView = Static<typeof cardViewSchema>;

export const nodeViewSchema = Type.Object({
  name: text,
  peerId: text,
  region: text,
  network: text,
  roles: Type.Array(text),
  version: text,
  addresses: Type.Array(text),
  /** Process id on its machine. */
  pid: Type.Integer(),
  uptimeSeconds: Type.Integer(),
  agents: Type.Array(text),
  peers: Type.Integer(),
  cards: Type.Integer(),
  log: Type.Object({ origin: text, size: Type.Integer(), root: text }),
  /** Median of the neighbours' clocks minus this one's; null while too few have spoken. */
  clock: Type.Object({ offsetMs: nullable(Type.Integer()), neighbours: Type.Integer() }),
  index: nullable(
    Type.Object({ cards: Type.Integer(), embedder: text, graph: text, waiting: Type.Integer() }),
  ),
});
export type NodeView = Static<typeof nodeViewSchema>;

export const networkViewSchema = Type.Object({
  nodes: Type.Array(
    Type.Object({
      peerId: text,
      name: text,
      region: text,
      roles: Type.Array(text),
      version: text,
      self: Type.Boolean(),
      connected: Type.Boolean(),
      online: Type.Boolean(),
      lastSeenMs: Type.Integer(),
    }),
  ),
  links: Type.Array(Type.Object({ from: text, to: text, rttMs: nullable(Type.Integer()) })),
});
export type NetworkView = Static<typeof networkViewSchema>;

export const peersViewSchema = Type.Object({
  peers: Type.Array(
    Type.Object({
      peerId: text,
      name: text,
      region: text,
      roles: Type.Array(text),
      self: Type.Boolean(),
      connected: Type.Boolean(),
      online: Type.Boolean(),
      direction: nullable(text),
      address: nullable(text),
      /** direct, punched (direct, a hole was punched), relayed (a circuit), routed (forwarded streams); null: not connected. */
      path: nullable(text),
      rttMs: nullable(Type.Integer()),
      /** Score that gossip gives the peer; far below zero it is not listened to. */
      gossipScore: Type.Number(),
      /** ok, limited (a budget is used up) or penalized (shut out). */
      state: Type.Union([Type.Literal('ok'), Type.Literal('limited'), Type.Literal('penalized')]),
      reason: text,
      until: nullable(text),
      strikes: Type.Integer(),
      refused: Type.Integer(),
      /** Share of each budget that is left, 0 to 1. */
      left: Type.Object({
        bytes: Type.Number(),
        messages: Type.Number(),
        streams: Type.Number(),
        opens: Type.Number(),
        cpuMs: Type.Number(),
        failures: Type.Number(),
      }),
    }),
  ),
  /** What came well formed and without its proof: kept apart for a short time, and known to nobody. */
  unproven: Type.Object({
    objects: Type.Integer(),
    bytes: Type.Integer(),
    objectsMax: Type.Integer(),
    bytesMax: Type.Integer(),
    keptMs: Type.Integer(),
    held: Type.Array(
      Type.Object({ kind: text, name: text, size: Type.Integer(), from: text, at: text, until: text }),
    ),
  }),
});
export type PeersView = Static<typeof peersViewSchema>;

export const receiptViewSchema = Type.Object({
  id: text,
  taskId: text,
  status: text,
  exitCode: nullable(Type.Integer()),
  fuel: text,
  executor: text,
  executorName: text,
  requester: text,
  module: text,
  issuedAt: text,
  logIndex: Type.Integer(),
  origin: text,
});
export type ReceiptView = Static<typeof receiptViewSchema>;

export const revocationViewSchema = Type.Object({
  statementId: text,
  issuer: text,
  issuerName: text,
  target: Type.Object({ kind: text, id: text, name: Type.Optional(text) }),
  reason: text,
  issuedAt: text,
  receivedAt: text,
  sequence: Type.Integer(),
});
export type RevocationView = Static<typeof revocationViewSchema>;

export const logEntryViewSchema = Type.Object({
  index: Type.Integer(),
  statementId: text,
  predicateType: text,
  issuer: text,
  issuerName: text,
  at: text,
});
export const freshnessViewSchema = Type.Object({
  /** Knowledge older than this is not relied on, in ms. */
  maxAgeMs: Type.Integer(),
  total: Type.Integer(),
  stale: Type.Integer(),
  logs: Type.Array(
    Type.Object({
      origin: text,
      peerId: text,
      name: text,
      self: Type.Boolean(),
      /** Entries held here, and as many as its node last announced where that is more. */
      held: Type.Integer(),
      announced: Type.Integer(),
      /** Agents whose revocations stand in it. */
      agents: Type.Integer(),
      /** Everything signed there until then is known here; null: nobody knows. */
      asOf: nullable(text),
      ageMs: nullable(Type.Integer()),
      fresh: Type.Boolean(),
    }),
  ),
});
export type FreshnessView = Static<typeof freshnessViewSchema>;
export const logViewSchema = Type.Object({
  origin: text,
  size: Type.Integer(),
  root: text,
  checkpoint: text,
  entries: Type.Array(logEntryViewSchema),
});
export type LogView = Static<typeof logViewSchema>;

export const logsViewSchema = Type.Object({
  logs: Type.Array(
    Type.Object({
      origin: text,
      peerId: text,
      name: text,
      size: Type.Integer(),
      root: text,
      self: Type.Boolean(),
      at: text,
    }),
  ),
});
export type LogsView = Static<typeof logsViewSchema>;

export const taskViewSchema = Type.Object({
  taskId: text,
  name: text,
  /** placing, running, draining, or one of the ends: completed, trapped, out-of-fuel, out-of-memory, timed-out, refused, cancelled, lost. */
  state: text,
  ended: Type.Boolean(),
  status: nullable(text),
  exitCode: nullable(Type.Integer()),
  fuel: nullable(text),
  executor: nullable(text),
  executorName: nullable(text),
  /** Base64 of what the task wrote. */
  stdout: text,
  stderr: text,
  outputs: Type.Record(text, text),
  receiptId: nullable(text),
  error: nullable(Type.Object({ code: text, message: text, hint: text })),
  tried: Type.Array(Type.Object({ agentId: text, name: text, error: text })),
  why: Type.Array(Type.Object({ check: text, ok: Type.Boolean(), detail: text })),
  redundancy: Type.Integer(),
  /** What the runs came to: agreed, diverged or unresolved; null for a single run. */
  outcome: nullable(text),
  /** Statement id of the signed comparison. */
  comparison: nullable(text),
  attempts: Type.Array(
    Type.Object({
      token: Type.Integer(),
      agentId: text,
      name: text,
      state: text,
      error: nullable(text),
      status: nullable(text),
      fuel: nullable(text),
      receiptId: nullable(text),
      owed: nullable(Type.Object({ amount: text, currency: text })),
      accepted: Type.Boolean(),
      settled: Type.Boolean(),
    }),
  ),
  /** Members as they were ranked, best first, with the terms of their score; refused ones with the reason. */
  members: Type.Array(
    Type.Object({
      agentId: text,
      name: text,
      region: text,
      score: Type.Integer(),
      refused: nullable(text),
      terms: Type.Array(Type.Object({ term: text, points: Type.Integer(), detail: text })),
    }),
  ),
  timeline: Type.Array(Type.Object({ at: text, what: text })),
  deadline: text,
  submittedAt: text,
  tookMs: nullable(Type.Number()),
});
export type TaskView = Static<typeof taskViewSchema>;

/** What a run has written since a place, in base64: its member's word, before there is a receipt. */
export const liveViewSchema = Type.Object({
  stdout: text,
  stderr: text,
  /** Bytes that the run has written to each stream so far: where the next question goes on. */
  at: Type.Object({ stdout: Type.Integer(), stderr: Type.Integer() }),
  ended: Type.Boolean(),
  /** The run; null while none is under way. After another member took over it is another. */
  token: nullable(Type.Integer()),
});
export type LiveView = Static<typeof liveViewSchema>;
