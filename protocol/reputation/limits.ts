// Weights and bounds of reputation. Amounts of evidence are integers in millionths of a unit; one unit is one accepted task.

/** Millionths: one unit of evidence, and one whole of a score. */
export const UNIT = 1_000_000;

/** What one event weighs. A divergence or a default costs as much as several good tasks earn; a probe is cheap to make and weighs little. */
export const WEIGHTS = {
  'task-completed': UNIT,
  'task-diverged': 4 * UNIT,
  'payment-settled': UNIT / 2,
  'payment-defaulted': 4 * UNIT,
  'relay-served': UNIT / 4,
  'relay-failed': UNIT / 4,
  /** An index that leaves out cards or makes up scores: found by several samples, so it weighs more than one failed probe. */
  'index-failed': UNIT / 2,
  /** A partner that left out entries, showed an old head or split its log: who says so holds a file that proves it. */
  'partner-lied': 4 * UNIT,
  'task-failed': UNIT / 2,
  /** Two signed results of one job by one agent: proof against it, whoever shows it. */
  contradiction: 20 * UNIT,
  /** A state of a channel that its poster had given up, or two of one version: proof by its own signatures. */
  'channel-cheated': 20 * UNIT,
} as const;
export type EventKind = keyof typeof WEIGHTS;

/** Most evidence that one agent's word about another carries, good or bad. Three: one confused agent alone lifts nobody to a lower bound of one half. */
export const EDGE_MAX = 3 * UNIT;
/** The same for what one saw oneself. */
export const OWN_EDGE_MAX = 12 * UNIT;
/** Most evidence that is taken through one partner, about everybody it leads to. */
export const PARTNER_MAX = 6 * UNIT;

/** Evidence halves in this time, in days. */
export const HALF_LIFE_DAYS = 30;
/** Older evidence weighs nothing: ten half-lives leave a thousandth. */
export const DAYS_MAX = 300;
export const DAY_MS = 86_400_000;

/** Standard deviations below the mean: by Cantelli's inequality the truth lies below with probability at most 1 / (1 + 2^2) = 20 %, under any distribution. */
export const DEVIATIONS = 2;
/** A floor worth asking for, in millionths: an unknown agent has 0, and no single agent's word reaches it. */
export const FLOOR_SUGGESTED = 500_000;

/** Steps of trust from one's own experience to the agent in question. */
export const HOPS_MAX = 4;
/** Agents looked at in one assessment; the nearest first. */
export const AGENTS_MAX = 2_000;
/** Events kept of one agent about another, the newest: its word saturates at EDGE_MAX long before. */
export const EVENTS_PER_PAIR_MAX = 64;
/** Statements remembered: receipts, and who signed what. Some 200 bytes each. */
export const STATEMENTS_MAX = 262_144;
/** Statements that wait for a receipt they name. */
export const WAITING_MAX = 65_536;
/** Results of one job by one agent that are remembered: two prove a contradiction. */
export const RESULTS_MAX = 4;
/** Payment channels whose ends are remembered. */
export const CHANNELS_MAX = 65_536;
/** Steps towards the end of one channel by one agent that are looked at: as many as a ledger takes of a side. */
export const CLOSES_PER_ISSUER_MAX = 16;
/** The same by all agents that name the channel before its opening is known. */
export const CLOSES_MAX = 256;
/** Pieces of evidence that an explanation names for each term. */
export const EVIDENCE_SHOWN = 8;
