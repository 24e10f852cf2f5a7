// Whether a capsule is of the incident that it names: its own members are signed by nobody, so each is held against what is signed or named by a
// digest inside. What nothing inside binds, the digest of the whole does.

import { envelopeFromJson } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { isJsonObject, type JsonValue } from '../json/index.ts';
import { peerIdOfOrigin } from '../log/index.ts';
import { readDecisionForm } from '../policy/index.ts';
import { verifyReceipt } from '../receipt/index.ts';
import type { Capsule } from './capsule.ts';

function refuse(message: string): never {
  throw new ZeroError('DECODE_FAILED', `capsule: ${message}`);
}

/** Refuses a capsule whose parts are of several incidents, or of another than it says. Throws DECODE_FAILED, or as receipts that are not genuine do. */
export function requireOneIncident(capsule: Capsule): void {
  const { checkpoint, decisions, id, incident, node, policies, ranking, receipts, simulation } = capsule;
  if ((simulation !== null) !== (incident === 'simulation'))
    refuse(`it says that it is of a ${incident}, and holds ${simulation === null ? 'no' : 'a'} simulation`);
  if (simulation !== null) requireSimulation(capsule, simulation);
  requireOnce('decisions', decisions);
  requireOnce('policies', policies);
  for (const { id: of, record } of decisions) {
    const by = readDecisionForm(record).policy;
    const held = policies.find((policy) => policy.id === by.id);
    if (held !== undefined && (held.name !== by.name || held.sequence !== by.sequence))
      refuse(
        `the decision ${of} was made under ${by.name} ${by.sequence}, and the policies say ${held.name} ${held.sequence}`,
      );
  }
  if (incident === 'decision' && !decisions.some((decision) => decision.id === id))
    refuse(`the decision ${id} is not in it`);
  if (incident === 'task')
    requireOnce(
      'receipts',
      receipts.map((receipt) => ({ id: requireOfTask(id, receipt) })),
    );
  if (ranking !== null && ranking.salt !== id) refuse(`the choice of members is of the task ${ranking.salt}`);
  if (checkpoint !== null && node !== null) {
    const origin = checkpoint.slice(0, Math.max(0, checkpoint.indexOf('\n')));
    if (peerIdOfOrigin(origin) !== node) refuse(`the head of the log ${origin} is not of the node ${node}`);
  }
}

/** A thing that is there twice would be counted twice. */
function requireOnce(what: string, list: readonly { readonly id: string }[]): void {
  if (new Set(list.map(({ id }) => id)).size < list.length) refuse(`one of its ${what} is in it twice`);
}

function requireSimulation(
  { id }: Capsule,
  { scenario, traceHash, until }: NonNullable<Capsule['simulation']>,
): void {
  if (id !== traceHash) refuse(`its id is ${id}, and the trace of its simulation ${traceHash}`);
  const seconds = isJsonObject(scenario as JsonValue)
    ? (scenario as { seconds?: unknown }).seconds
    : undefined;
  if (seconds !== until)
    refuse(`it ran for ${until} s, and its scenario for ${String(seconds).slice(0, 32)} s`);
}

/** The id of a receipt, which is of this task. A capsule of a task that the node does not know any more is named by its receipt. */
function requireOfTask(id: string, file: unknown): string {
  const signed = isJsonObject(file as JsonValue) ? (file as { receipt?: JsonValue }).receipt : undefined;
  if (signed === undefined) return refuse('a receipt is a receipt file without its inputs');
  const { id: receiptId, receipt } = verifyReceipt(envelopeFromJson(signed));
  const { taskId } = receipt.observed;
  if (id !== taskId && id !== receiptId) refuse(`the receipt ${receiptId} is of the task ${taskId}`);
  return receiptId;
}
