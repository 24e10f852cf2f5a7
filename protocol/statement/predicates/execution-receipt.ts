// Reads execution receipts. The deterministic part is apart from what was observed: only the former can be replayed.

import { Fields } from '../../fields/index.ts';
import { requireAgentId } from '../../identity/index.ts';
import type { JsonValue } from '../../json/index.ts';
import type { Subject } from '../types.ts';
import {
  AUTHORED_MEMBERS,
  NAME_RULE,
  ORIGIN_RULE,
  PEER_RULE,
  readAuthored,
  subjectOfDigest,
} from './common.ts';
import {
  RECEIPT_STATUSES,
  type ReceiptDeterministic,
  type ReceiptObserved,
  type ReceiptPredicate,
} from './types.ts';

const SEED = { max: 64, min: 64, pattern: /^[0-9a-f]+$/ };
/** An Ed25519 signature in base64. */
const SIGNATURE = { max: 88, min: 88, pattern: /^[A-Za-z0-9+/]{86}==$/ };
const TRAP = { max: 128, pattern: /^[\x20-\x7e]+$/ };
/** Exit codes of WASI are 32 bits, unsigned. */
const EXIT_CODE_MAX = 2 ** 32 - 1;

function readLimits(value: JsonValue): ReceiptDeterministic['limits'] {
  const fields = new Fields(value, 'deterministic.limits', [
    'fuel',
    'memoryBytes',
    'stackBytes',
    'outputBytes',
  ]);
  return {
    fuel: fields.decimal('fuel'),
    memoryBytes: fields.integer('memoryBytes', 0),
    stackBytes: fields.integer('stackBytes', 0),
    outputBytes: fields.integer('outputBytes', 0),
  };
}

function readResult(value: JsonValue): ReceiptDeterministic['result'] {
  const members = ['status', 'exitCode', 'trap', 'fuel', 'stdoutDigest', 'stderrDigest', 'outputTreeDigest'];
  const fields = new Fields(value, 'deterministic.result', members);
  const status = fields.oneOf('status', RECEIPT_STATUSES);
  const exitCode = fields.raw('exitCode') === null ? null : fields.integer('exitCode', 0, EXIT_CODE_MAX);
  const trap = fields.nullableText('trap', TRAP);
  if ((status === 'OK' || status === 'EXIT') !== (exitCode !== null))
    fields.refuse('exitCode', 'is given exactly when the module ended by itself');
  if (status === 'OK' && exitCode !== 0) fields.refuse('exitCode', 'is not 0 although the status is OK');
  if (trap !== null && status !== 'TRAP') fields.refuse('trap', 'is given although nothing trapped');
  return {
    status,
    exitCode,
    trap,
    fuel: fields.decimal('fuel'),
    stdoutDigest: fields.digest('stdoutDigest'),
    stderrDigest: fields.digest('stderrDigest'),
    outputTreeDigest: fields.digest('outputTreeDigest'),
  };
}

/** The deterministic part, also of a receipt that is still to be signed. Errors: DECODE_FAILED. */
export function readDeterministic(value: JsonValue): ReceiptDeterministic {
  const members = [
    'moduleDigest',
    'inputsDigest',
    'argsDigest',
    'envDigest',
    'stdinDigest',
    'scheduleId',
    'rewriter',
    'abi',
    'limits',
    'seed',
    'clock',
    'result',
  ];
  const fields = new Fields(value, 'deterministic', members);
  const clock = new Fields(fields.raw('clock'), 'deterministic.clock', ['origin', 'step']);
  const read: ReceiptDeterministic = {
    moduleDigest: fields.digest('moduleDigest'),
    inputsDigest: fields.digest('inputsDigest'),
    argsDigest: fields.digest('argsDigest'),
    envDigest: fields.digest('envDigest'),
    stdinDigest: fields.digest('stdinDigest'),
    scheduleId: fields.text('scheduleId', NAME_RULE),
    rewriter: fields.text('rewriter', NAME_RULE),
    abi: fields.text('abi', NAME_RULE),
    limits: readLimits(fields.raw('limits')),
    seed: fields.text('seed', SEED),
    clock: { origin: clock.decimal('origin'), step: clock.decimal('step') },
    result: readResult(fields.raw('result')),
  };
  if (BigInt(read.result.fuel) > BigInt(read.limits.fuel))
    fields.refuse('result', 'used more fuel than its limit');
  return read;
}

function readObserved(value: JsonValue): ReceiptObserved {
  const fields = new Fields(value, 'observed', [
    'taskId',
    'manifestDigest',
    'requester',
    'executor',
    'origin',
    'startedAt',
    'wallMs',
  ]);
  return {
    taskId: fields.text('taskId', NAME_RULE),
    manifestDigest: fields.raw('manifestDigest') === null ? null : fields.digest('manifestDigest'),
    requester:
      fields.raw('requester') === null ? null : requireAgentId(fields.raw('requester'), 'observed.requester'),
    executor: fields.text('executor', PEER_RULE),
    origin: fields.nullableText('origin', ORIGIN_RULE),
    startedAt: fields.time('startedAt'),
    wallMs: fields.integer('wallMs', 0),
  };
}

export function readReceipt(value: JsonValue): ReceiptPredicate {
  const members = ['deterministic', 'observed', 'deterministicSignature'];
  const fields = new Fields(value, 'receipt', [...AUTHORED_MEMBERS, ...members]);
  const deterministicSignature = fields.optionalText('deterministicSignature', SIGNATURE);
  return {
    ...readAuthored(fields),
    deterministic: readDeterministic(fields.raw('deterministic')),
    observed: readObserved(fields.raw('observed')),
    ...(deterministicSignature === undefined ? {} : { deterministicSignature }),
  };
}

/** What a receipt is about: the module, what went in, and what came out. */
export function receiptSubjects({ deterministic }: Pick<ReceiptPredicate, 'deterministic'>): Subject[] {
  const { moduleDigest, inputsDigest, result } = deterministic;
  return [
    subjectOfDigest('module', moduleDigest),
    subjectOfDigest('inputs', inputsDigest),
    subjectOfDigest('stdout', result.stdoutDigest),
    subjectOfDigest('output-tree', result.outputTreeDigest),
  ];
}
