// One comparison with one partner as a state machine without I/O: (state, event, view) -> { state, effects }. The node and the
// simulator carry out the effects; everything that is stored was verified here, and bytes and rounds have an end.

import { isZeroError, ZeroError } from '../errors/index.ts';
import {
  type Checkpoint,
  CompactTree,
  type EquivocationFinding,
  verifyEquivocation,
  verifyNodeCheckpoint,
} from '../log/index.ts';
import type { Verified } from '../verified.ts';
import { decodeSyncMessage, encodeSyncMessage } from './codec.ts';
import { consistencyRequest, judgeConsistency } from './fork.ts';
import { type Fetch, type Head, headsRequests, planSync } from './heads.ts';
import { CREDIT_BYTES_DEFAULT, CREDIT_BYTES_MAX, HEADS_MESSAGE_BYTES_MAX } from './limits.ts';
import type { ConsistencyRequest, HeadsRequest, SyncMessage, TailRequest } from './messages.ts';
import { type Tail, tailRequest, verifyTail } from './tail.ts';

/** What the caller holds at the moment of a step. */
export interface PullView {
  readonly heads: ReadonlyMap<string, Head>;
  /** The tree at hand of a log; undefined when nothing is held. */
  tree(origin: string): CompactTree | undefined;
}

export interface PullBudget {
  /** Bytes that the partner may send in this comparison. */
  readonly bytes: number;
  /** Questions that may be asked. */
  readonly rounds: number;
}

/** Defaults: a partner that sends nonsense costs at most this much before the comparison ends. */
export const PULL_BUDGET: PullBudget = { bytes: 64 * 1024 * 1024, rounds: 10_000 };

type Asked = HeadsRequest | TailRequest | ConsistencyRequest;
type AnswerEvent = Extract<PullEvent, { kind: 'answer' | 'answered' }>;

export interface PullState {
  /** The question that is open, or null when nothing is awaited from the partner. */
  readonly asked: Asked | null;
  /** Intervals of heads still to be compared. */
  readonly intervals: readonly HeadsRequest[];
  /** Tails still to be fetched, the first one now. */
  readonly fetches: readonly Fetch[];
  readonly credit: number;
  readonly left: PullBudget;
  readonly refused: readonly ZeroError[];
}

export type PullEvent =
  | { readonly kind: 'start' }
  /** The partner's answer to what was sent. */
  | { readonly kind: 'answer'; readonly bytes: Uint8Array }
  /** The same where messages are passed as objects (the simulator): already decoded, `length` bytes long. */
  | { readonly kind: 'answered'; readonly message: SyncMessage; readonly length: number }
  /** The effect `store` was carried out; the view shows it. */
  | { readonly kind: 'stored' };

export type PullEffect =
  /** Send the message, here as an object and as bytes (encoded when asked for), and read at most `answerBytesMax`. */
  | {
      readonly kind: 'send';
      readonly message: Asked;
      readonly bytes: Uint8Array;
      readonly answerBytesMax: number;
    }
  /** Store as one, then report `stored`. */
  | { readonly kind: 'store'; readonly tail: Verified<Tail> }
  /** A partner's head is smaller than the tree at hand: compare it (findEquivocation). */
  | { readonly kind: 'compare'; readonly head: Verified<Checkpoint> }
  | { readonly kind: 'evidence'; readonly finding: Verified<EquivocationFinding> }
  /** The comparison has ended. `complete` when all that the partner showed is now at hand. */
  | { readonly kind: 'done'; readonly complete: boolean; readonly refused: readonly ZeroError[] };

export interface PullStep {
  readonly state: PullState;
  readonly effects: readonly PullEffect[];
}

/** A comparison that is to be started. */
export function newPull(budget: PullBudget = PULL_BUDGET): PullState {
  return { asked: null, intervals: [], fetches: [], credit: CREDIT_BYTES_DEFAULT, left: budget, refused: [] };
}

/** One step. Never throws for what a partner sent: its refusal is in the last effect. */
export function stepPull(state: PullState, event: PullEvent, view: PullView): PullStep {
  try {
    if (event.kind === 'start') return goOn({ ...state, intervals: headsRequests(view.heads) }, view, []);
    if (event.kind === 'stored') return goOn(state, view, []);
    if (state.asked === null) throw new ZeroError('SYNC_REFUSED', 'nothing was asked');
    const length = event.kind === 'answer' ? event.bytes.length : event.length;
    const left = { bytes: state.left.bytes - length, rounds: state.left.rounds };
    return onAnswer({ ...state, asked: null, left }, state.asked, event, view);
  } catch (error) {
    if (!isZeroError(error)) throw error;
    return end(state, [...state.refused, error]);
  }
}

/** The message of an answer, of the kind that was asked for, and within the bytes that were granted. */
function read<K extends SyncMessage['kind']>(
  event: AnswerEvent,
  kind: K,
  credit?: number,
): Extract<SyncMessage, { kind: K }> {
  if (event.kind === 'answer') return decodeSyncMessage(event.bytes, [kind], credit);
  if (event.message.kind !== kind)
    throw new ZeroError('DECODE_FAILED', 'a message of this kind is not expected here');
  if (credit !== undefined && event.length > credit)
    throw new ZeroError('CREDIT_EXCEEDED', 'the answer is larger than the credit');
  return event.message as Extract<SyncMessage, { kind: K }>;
}

function onAnswer(state: PullState, asked: Asked, event: AnswerEvent, view: PullView): PullStep {
  if (asked.kind === 'heads-request') return onHeads(state, asked, event, view);
  if (asked.kind === 'tail-request') return onTail(state, asked, event, view);
  const own = verifyNodeCheckpoint(view.heads.get(asked.origin)!.checkpoint, asked.origin);
  const finding = judgeConsistency(own, read(event, 'consistency-response'));
  const refused =
    finding === null
      ? [
          ...state.refused,
          new ZeroError('SYNC_REFUSED', 'the partner sent a tail that the log does not have'),
        ]
      : state.refused;
  return goOn({ ...state, refused }, view, finding === null ? [] : [{ kind: 'evidence', finding }]);
}

function onHeads(state: PullState, asked: HeadsRequest, event: AnswerEvent, view: PullView): PullStep {
  const answer = read(event, 'heads-response');
  const plan = planSync(view.heads, answer.heads);
  const effects: PullEffect[] = plan.behind.map((head) => ({ kind: 'compare', head }));
  for (const { mine, theirs } of plan.forks) {
    effects.push({
      kind: 'evidence',
      finding: verifyEquivocation({ first: mine, second: theirs.text, proof: [] }),
    });
  }
  const { resumeAfter } = answer;
  if (resumeAfter !== null && asked.after !== null && resumeAfter <= asked.after)
    throw new ZeroError('SYNC_REFUSED', 'the partner repeats itself');
  const intervals =
    resumeAfter === null ? state.intervals : [{ ...asked, after: resumeAfter }, ...state.intervals];
  return goOn(
    {
      ...state,
      intervals,
      fetches: [...state.fetches, ...plan.fetch],
      refused: [...state.refused, ...plan.refused],
    },
    view,
    effects,
  );
}

function onTail(state: PullState, asked: TailRequest, event: AnswerEvent, view: PullView): PullStep {
  const response = read(event, 'tail-response', asked.credit);
  const rest = state.fetches.slice(1);
  let tail: Verified<Tail>;
  try {
    tail = verifyTail({ request: asked, response, tree: view.tree(asked.origin) ?? new CompactTree() });
  } catch (error) {
    if (!isZeroError(error)) throw error;
    const own = view.heads.get(asked.origin);
    // Not the continuation of what was signed before: the proof between both heads says whether the log or the partner lied.
    if (error.code === 'PROOF_INVALID' && own !== undefined) {
      return ask(
        { ...state, fetches: rest },
        consistencyRequest(verifyNodeCheckpoint(own.checkpoint, asked.origin), asked.to),
      );
    }
    return goOn({ ...state, fetches: rest, refused: [...state.refused, error] }, view, []);
  }
  if (tail.needs > 0) return askAgain(state, view, tail.needs);
  const settled = tail.complete || tail.to >= asked.to;
  return { state: { ...state, fetches: settled ? rest : state.fetches }, effects: [{ kind: 'store', tail }] };
}

/** The next entry is larger than the credit: grant what it needs, or leave the log for another day. */
function askAgain(state: PullState, view: PullView, needs: number): PullStep {
  if (needs <= CREDIT_BYTES_MAX) return goOn({ ...state, credit: needs }, view, []);
  const refused = new ZeroError('LIMIT_EXCEEDED', 'an entry is larger than the largest credit');
  return goOn({ ...state, fetches: state.fetches.slice(1), refused: [...state.refused, refused] }, view, []);
}

/** Asks the next question, or ends. */
function goOn(state: PullState, view: PullView, effects: readonly PullEffect[]): PullStep {
  const [wanted] = state.fetches;
  const [interval, ...intervals] = state.intervals;
  if (wanted === undefined && interval === undefined) return end(state, state.refused, effects);
  if (state.left.rounds <= 0 || state.left.bytes <= 0) {
    return end(
      state,
      [...state.refused, new ZeroError('CREDIT_EXCEEDED', 'the budget of this partner is spent')],
      effects,
    );
  }
  if (wanted === undefined) return ask({ ...state, intervals }, interval as HeadsRequest, effects);
  const from = view.tree(wanted.origin)?.size ?? 0;
  if (from > wanted.to) return goOn({ ...state, fetches: state.fetches.slice(1) }, view, effects);
  return ask(
    { ...state, credit: CREDIT_BYTES_DEFAULT },
    tailRequest({ ...wanted, from }, state.credit),
    effects,
  );
}

function ask(state: PullState, asked: Asked, effects: readonly PullEffect[] = []): PullStep {
  const left = { ...state.left, rounds: state.left.rounds - 1 };
  const answerBytesMax = asked.kind === 'tail-request' ? asked.credit : HEADS_MESSAGE_BYTES_MAX;
  return {
    state: { ...state, asked, left },
    effects: [...effects, sending(asked, answerBytesMax)],
  };
}

// Who passes objects never pays for the bytes.
function sending(message: Asked, answerBytesMax: number): PullEffect {
  return {
    kind: 'send',
    message,
    answerBytesMax,
    get bytes() {
      return encodeSyncMessage(message);
    },
  };
}

function end(state: PullState, refused: readonly ZeroError[], effects: readonly PullEffect[] = []): PullStep {
  const ended = { ...state, asked: null, intervals: [], fetches: [], refused };
  return { state: ended, effects: [...effects, { kind: 'done', complete: refused.length === 0, refused }] };
}
