// Makes the capsule of an incident: a decision, a receipt, or a task with its receipts and the decisions about it. Reads only; what the node
// does not hold any more is named in the capsule as absent.

import { fromBase64, fromUtf8 } from '../../protocol/bytes/index.ts';
import {
  CAPSULE_DECISIONS_MAX,
  CAPSULE_MEMBERS_MAX,
  CAPSULE_ORIGINALS_MAX,
  CAPSULE_RECEIPTS_MAX,
  type Capsule,
  emptyCapsule,
  encodeCapsule,
  type Ranking,
  splitReceiptFile,
} from '../../protocol/capsule/index.ts';
import { decodeEnvelope, envelopeToJson } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseStrictJson } from '../../protocol/json/index.ts';
import type { Decision } from '../../protocol/policy/index.ts';
import { nodeIdOfContentId } from '../../protocol/provenance/index.ts';
import { VERIFY_FILE_BYTES_MAX } from '../../protocol/verify/index.ts';
import type { NodeContext } from '../context.ts';
import { cedarLanguage } from '../policy/index.ts';
import { buildReceiptFile, encodeReceiptFile } from '../receipts/receipt-file.ts';
import type { TaskEntry } from '../tasks/task-book.ts';
import { VERSION } from '../version.ts';
import { secretPaths } from './secrets.ts';

/** Newest decisions among which those of a task are sought: 64 kB each at most are read for it. */
const SOUGHT_MAX = 500;
const REDACTED = '[redacted]';

/** What of a node is needed. */
export type CapsuleDeps = Pick<
  NodeContext,
  | 'book'
  | 'capsuleSigning'
  | 'files'
  | 'ownLog'
  | 'peerId'
  | 'policy'
  | 'provenance'
  | 'receipts'
  | 'store'
  | 'tasks'
>;

export interface ExportOptions {
  /** False: what a task was given is named by digest, and not passed on. */
  readonly inputs: boolean;
  /** True: what looks like a secret stays in. */
  readonly secrets: boolean;
}

async function orUndefined<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isZeroError(error) && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** The capsule of whatever has this id: decision, receipt or task. Throws NOT_FOUND or LIMIT_EXCEEDED. */
export async function exportCapsule(
  node: CapsuleDeps,
  id: string,
  options: ExportOptions,
): Promise<{ bytes: Uint8Array; digest: string }> {
  const decision = id.startsWith('bafkrei') ? await node.policy.why(id) : undefined;
  const capsule =
    decision === undefined
      ? await taskCapsule(node, id)
      : { ...emptyCapsule('decision', decision.id), decisions: [decision] };
  const { origin } = node.ownLog;
  const { checkpoint } = node.store.state(origin);
  const whole = {
    ...capsule,
    node: node.peerId,
    checkpoint: checkpoint === '' ? null : checkpoint,
    versions: versions(),
  };
  return encodeCapsule(node.capsuleSigning.sign(redact(await withEvidence(node, whole), options)));
}

const versions = (): Record<string, string> => ({
  zerostate: VERSION,
  node: process.versions.node,
  cedar: cedarLanguage(),
});

async function taskCapsule(node: CapsuleDeps, id: string): Promise<Capsule> {
  const task = await orUndefined(() => node.tasks.get(id));
  const ids =
    task === undefined ? [id] : task.runs.flatMap(({ receiptId }) => (receiptId === null ? [] : [receiptId]));
  const files = (await Promise.all(ids.map((one) => orUndefined(() => receiptFile(node, one))))).filter(
    (file) => file !== undefined,
  );
  if (task === undefined && files.length === 0)
    throw new ZeroError('NOT_FOUND', `no decision, receipt or task ${id.slice(0, 64)} is kept here`, {
      hint: 'List them: "zerostate why", "zerostate receipt list", "zerostate task history".',
    });
  const capsule = emptyCapsule('task', task?.taskId ?? id);
  const parts: Record<string, string> = {};
  for (const file of files.slice(0, CAPSULE_RECEIPTS_MAX)) {
    const { inputs, receipt } = splitReceiptFile(file, parts);
    capsule.receipts.push(receipt);
    capsule.inputs ??= inputs;
  }
  if (task !== undefined) capsule.ranking = await rankingOf(node, task);
  const taskId = task?.taskId ?? taskOf(capsule);
  const decisions = await decisionsOf(node, taskId, task);
  return { ...capsule, parts, decisions: decisions.slice(0, CAPSULE_DECISIONS_MAX) };
}

/** How the members of a task were ranked; null where it came to none. */
async function rankingOf(node: CapsuleDeps, { members, order, taskId }: TaskEntry): Promise<Ranking | null> {
  const manifest = (await orUndefined(() => node.tasks.manifest(taskId)))?.manifest;
  const ranked = members.flatMap(({ agentId, known, operator, refused, region, score, terms }) =>
    known === undefined ? [] : [{ agentId, known, operator, refused, region, score, terms: [...terms] }],
  );
  if (manifest === undefined || ranked.length === 0 || ranked.length < members.length) return null;
  return {
    ceiling: manifest.priceCeiling?.amount ?? null,
    reputationFloor: order.reputationFloor,
    salt: taskId,
    independent: order.redundancy > 1,
    members: ranked.slice(0, CAPSULE_MEMBERS_MAX),
  };
}

async function receiptFile(node: CapsuleDeps, id: string): Promise<JsonObject> {
  const known = await orUndefined(() => node.receipts.get(id));
  const kept = await node.files.get(known?.id ?? id);
  if (kept === undefined && known === undefined) throw new ZeroError('NOT_FOUND', `no receipt ${id}`);
  const bytes =
    kept ??
    encodeReceiptFile(
      await buildReceiptFile(node.store, known!.position, node.book.get(known!.issuer)?.bytes),
    );
  return parseStrictJson(bytes, { bytesMax: VERIFY_FILE_BYTES_MAX }) as JsonObject;
}

/** The task that the receipts of a capsule name. */
function taskOf({ receipts }: Capsule): string | undefined {
  const payload = (receipts[0] as { receipt?: { payload?: string } } | undefined)?.receipt?.payload;
  if (payload === undefined) return undefined;
  const statement = parseStrictJson(fromUtf8(fromBase64(payload)));
  const predicate = isJsonObject(statement) ? statement.predicate : undefined;
  const observed = isJsonObject(predicate ?? null) ? (predicate as JsonObject).observed : undefined;
  const id = isJsonObject(observed ?? null) ? (observed as JsonObject).taskId : undefined;
  return typeof id === 'string' ? id : undefined;
}

/** Decisions about a task: whether it might run here, and the searches for who might run it, while it was under way. Oldest first. */
async function decisionsOf(
  node: CapsuleDeps,
  taskId: string | undefined,
  task: TaskEntry | undefined,
): Promise<Decision[]> {
  const capability =
    task === undefined
      ? undefined
      : (await orUndefined(() => node.tasks.manifest(task.taskId)))?.manifest.spec;
  const words = isJsonObject((capability ?? null) as JsonValue)
    ? (capability as JsonObject).capability
    : undefined;
  const wanted = (await node.policy.decisions(SOUGHT_MAX)).filter(
    ({ record: { at, candidates, constraints, kind } }) => {
      if (kind === 'run') return candidates.some(({ resource }) => resource.id === taskId);
      if (kind !== 'find' || task === undefined) return false;
      return (
        constraints.text === words &&
        at >= task.submittedAt &&
        at <= (task.endedAt ?? Number.MAX_SAFE_INTEGER)
      );
    },
  );
  return wanted.reverse();
}

/** Adds the policies that decided, and the signed originals that the decisions cite. */
async function withEvidence(node: CapsuleDeps, capsule: Capsule): Promise<Capsule> {
  const records = capsule.decisions.map(({ record }) => record as Decision['record']);
  const policies: Capsule['policies'] = [];
  for (const id of new Set(records.map(({ policy }) => policy.id))) {
    const held = await orUndefined(() => node.policy.bundles.policyOf(id));
    if (held === undefined) continue;
    const { files, name, sequence } = held;
    const envelope = node.policy.bundles.envelope(id);
    policies.push(
      envelope === undefined
        ? { id, name, sequence, envelope: null, files }
        : { id, name, sequence, envelope: envelopeToJson(envelope), files: null },
    );
  }
  const cited = new Set(records.flatMap(({ candidates }) => candidates.flatMap(({ evidence }) => evidence)));
  const cards = new Map(
    node.book.list().flatMap(({ bytes, cardId }) => (cited.has(cardId) ? [[cardId, bytes] as const] : [])),
  );
  const originals = new Map<string, unknown>();
  const absent = new Set<string>();
  for (const id of cited) {
    if (originals.size + absent.size >= CAPSULE_ORIGINALS_MAX) break;
    const bytes = cards.get(id) ?? (await statement(node, id));
    if (bytes === undefined) absent.add(id);
    else originals.set(id, envelopeToJson(decodeEnvelope(bytes)));
  }
  return {
    ...capsule,
    policies: policies.sort((a, b) => (a.id < b.id ? -1 : 1)),
    originals: [...originals]
      .map(([id, envelope]) => ({ id, envelope }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    absent: [...absent].sort(),
  };
}

/** The bytes of a statement by its id, where the node holds them. */
async function statement(node: CapsuleDeps, id: string): Promise<Uint8Array | undefined> {
  if (!id.startsWith('bafkrei')) return undefined;
  const { graph } = node.provenance.service;
  const thing = nodeIdOfContentId(id);
  for (const number of graph.statementsAbout(graph.thing(thing))) {
    if (!graph.isSelf(number, thing)) continue;
    const { index, origin } = graph.statement(number);
    return await node.store.body(origin, index);
  }
  return undefined;
}

/** Takes out what looks like a secret, and the inputs where they are not to be passed on. */
function redact(capsule: Capsule, { inputs: pass, secrets }: ExportOptions): Capsule {
  const redacted: string[] = [];
  const decisions = capsule.decisions.map(({ id, record }, i) => {
    const { constraints } = record as Decision['record'];
    const found = secrets ? [] : secretPaths(constraints as unknown as JsonValue);
    if (found.length === 0) return { id, record };
    redacted.push(...found.map((name) => `decisions/${i}/record/constraints/${name}`));
    const cut = Object.fromEntries(
      Object.entries(constraints).map(([name, value]) => [name, found.includes(name) ? REDACTED : value]),
    );
    return { id, record: { ...(record as Decision['record']), constraints: cut } };
  });
  const { inputs } = capsule;
  if (inputs === null) return { ...capsule, decisions, redacted };
  const manifest = parseStrictJson(fromBase64(inputs.manifest));
  const found = secrets ? [] : secretPaths(manifest).map((path) => `inputs/manifest/${path}`);
  if (found.length === 0 && pass) return { ...capsule, decisions, redacted };
  // The receipt binds the manifest as a whole: what is in it goes with it, or stays with it.
  const why = found.length > 0 ? found : ['inputs'];
  return { ...capsule, decisions, inputs: null, parts: {}, redacted: [...redacted, ...why] };
}
