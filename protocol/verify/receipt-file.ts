// Checks of a receipt file: an execution receipt, its entry in the executor's log, and what is needed to run the task again.
// Running it again is not done here: this file says what was claimed, by whom, and that it was logged.

import { fromBase64 } from '../bytes/index.ts';
import { type Envelope, envelopeFromJson } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { Fields } from '../fields/index.ts';
import { isForked } from '../identity/index.ts';
import { isJsonObject, type JsonObject } from '../json/index.ts';
import { decodeLogEntry, decodeProof, LOG_RECORD_BYTES_MAX, type LogProof } from '../log/index.ts';
import { bytesDigest, treeDigest } from '../receipt/index.ts';
import {
  type AgentStatement,
  isStatementOf,
  RECEIPT_PREDICATE,
  type ReceiptPredicate,
} from '../statement/index.ts';
import { checkCardSignature } from './card.ts';
import { checkInclusion } from './checkpoint.ts';
import { CAPSULE_FILES_MAX, RECEIPT_FILE_KIND } from './limits.ts';
import type { Context } from './options.ts';
import type { Checks } from './report.ts';
import { checkAgentSignature, checkIssued } from './statement.ts';

/** What is needed to run the task again: bytes by their role. Paths are those of the task's input folder. */
export interface ReplayCapsule {
  readonly module: Uint8Array;
  readonly manifest: Uint8Array;
  readonly stdin: Uint8Array;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** A receipt file's parts, of the right form. Nothing is verified. */
export interface ReceiptFile {
  readonly receipt: Envelope;
  /** The log record that names the receipt. */
  readonly entry: Uint8Array;
  readonly proof: LogProof;
  readonly executorCard: Envelope;
  readonly inputs: ReplayCapsule | null;
}

const MEMBERS = ['kind', 'receipt', 'entry', 'proof', 'executorCard', 'inputs'];

/** Reads a receipt file's members. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function readReceiptFile(value: JsonObject): ReceiptFile {
  const fields = new Fields(value, 'receipt file', MEMBERS);
  fields.constant('kind', RECEIPT_FILE_KIND);
  return {
    receipt: envelopeFromJson(fields.raw('receipt')),
    entry: readBase64(fields, 'entry', LOG_RECORD_BYTES_MAX),
    proof: decodeProof(readString(fields, 'proof')),
    executorCard: envelopeFromJson(fields.raw('executorCard')),
    inputs: fields.has('inputs') && fields.raw('inputs') !== null ? readCapsule(fields) : null,
  };
}

function readString(fields: Fields, name: string): string {
  const value = fields.raw(name);
  return typeof value === 'string' ? value : fields.refuse(name, 'is not text');
}

function readBase64(fields: Fields, name: string, bytesMax?: number): Uint8Array {
  const bytes = fromBase64(readString(fields, name));
  if (bytesMax !== undefined && bytes.length > bytesMax)
    throw new ZeroError('LIMIT_EXCEEDED', `${fields.where}.${name} is longer than ${bytesMax} bytes`);
  return bytes;
}

function readCapsule(file: Fields): ReplayCapsule {
  const fields = new Fields(file.raw('inputs'), 'receipt file.inputs', [
    'module',
    'manifest',
    'stdin',
    'files',
  ]);
  const files = fields.raw('files');
  if (!isJsonObject(files)) return fields.refuse('files', 'is not an object');
  const paths = Object.keys(files);
  if (paths.length > CAPSULE_FILES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a capsule has at most ${CAPSULE_FILES_MAX} files`);
  const each = new Fields(files, 'receipt file.inputs.files', paths);
  return {
    module: readBase64(fields, 'module'),
    manifest: readBase64(fields, 'manifest'),
    stdin: readBase64(fields, 'stdin'),
    files: Object.fromEntries(paths.map((path) => [path, readBase64(each, path)])),
  };
}

/** All checks of a receipt file; answers its receipt when the signature held. */
export function checkReceiptFile(
  checks: Checks,
  value: JsonObject,
  context: Context,
): AgentStatement<typeof RECEIPT_PREDICATE> | undefined {
  const file = checks.attempt(
    'form',
    () => readReceiptFile(value),
    ({ inputs }) => (inputs === null ? 'a receipt file' : 'a receipt file with a replay capsule'),
  );
  if (file === undefined) return undefined;
  const agent = checkAgentSignature(checks, file.receipt, 'signature');
  if (agent !== undefined) {
    if (!isStatementOf(agent, RECEIPT_PREDICATE)) {
      checks.add('type', false, 'the signed statement is not an execution receipt', 'PARTS_MISMATCH');
      return undefined;
    }
    const receipt = agent.statement.predicate;
    describeReceipt(checks, agent, receipt);
    // A statement whose part has a wrong signature of its own did not verify.
    if (receipt.deterministicSignature !== undefined)
      checks.add('result signature', true, 'the executor signed the deterministic part apart');
    checkIssued(checks, receipt.issuedAt, context.now);
    checkEntry(checks, file, agent.id, receipt);
    checkExecutor(checks, file, agent, context);
    if (file.inputs !== null) checkCapsule(checks, file.inputs, receipt);
  }
  checkInclusion(checks, file.proof, file.entry, context);
  return agent;
}

function describeReceipt(checks: Checks, agent: AgentStatement, receipt: ReceiptPredicate): void {
  const { deterministic, observed } = receipt;
  checks.describe({
    statementId: agent.id,
    executor: agent.issuer,
    requester: observed.requester,
    taskId: observed.taskId,
    issuedAt: receipt.issuedAt,
    module: deterministic.moduleDigest,
    status: deterministic.result.status,
    exitCode: deterministic.result.exitCode,
    fuel: deterministic.result.fuel,
  });
}

// A receipt that was copied into another log, or a record of another statement, proves nothing about this one.
function checkEntry(checks: Checks, file: ReceiptFile, id: string, receipt: ReceiptPredicate): void {
  const entry = checks.attempt(
    'record',
    () => decodeLogEntry(file.entry),
    ({ statementId }) => `names ${statementId}`,
  );
  if (entry === undefined) return;
  if (entry.statementId !== id)
    checks.add('entry', false, 'the log record names another statement', 'PARTS_MISMATCH');
  const origin = receipt.observed.origin;
  const same = origin === null || origin === file.proof.checkpoint.origin;
  checks.add(
    'origin',
    same,
    same ? 'the receipt names this log, or none' : `the receipt belongs to the log ${origin}`,
    same ? undefined : 'PARTS_MISMATCH',
  );
}

function checkExecutor(checks: Checks, file: ReceiptFile, agent: AgentStatement, context: Context): void {
  const verified = checkCardSignature(checks, file.executorCard, 'executor card', context.knownCard);
  if (verified === undefined) return;
  const { card, keys } = verified;
  checks.describe({ executorName: card.name });
  const same = card.id === agent.issuer;
  checks.add(
    'executor',
    same,
    same ? `the card is of the executor, ${card.name}` : 'the card is of another agent',
    same ? undefined : 'PARTS_MISMATCH',
  );
  if (same && isForked(keys, agent.keys))
    checks.add('keys', false, 'card and receipt carry keychains that exclude each other', 'KEYCHAIN_INVALID');
}

function checkCapsule(checks: Checks, inputs: ReplayCapsule, receipt: ReceiptPredicate): void {
  const { moduleDigest, stdinDigest, inputsDigest } = receipt.deterministic;
  const { manifestDigest } = receipt.observed;
  checkDigest(checks, 'module', bytesDigest(inputs.module), moduleDigest);
  checkDigest(checks, 'stdin', bytesDigest(inputs.stdin), stdinDigest);
  checkDigest(checks, 'input files', treeDigest(inputs.files), inputsDigest);
  if (manifestDigest !== null) checkDigest(checks, 'manifest', bytesDigest(inputs.manifest), manifestDigest);
}

function checkDigest(checks: Checks, name: string, digest: string, expected: string): void {
  const ok = digest === expected;
  checks.add(
    name,
    ok,
    ok ? `the capsule holds the ${name} of the receipt` : `the capsule holds another ${name}`,
    ok ? undefined : 'PARTS_MISMATCH',
  );
}
