// A chain of bundles taken step by step, and the bundle that a node signs itself. Writes nothing.

import { type Envelope, envelopeId } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { parseStrictJson } from '../../protocol/json/index.ts';
import {
  POLICY_BUNDLE_BYTES_MAX,
  type PolicyBundle,
  type PolicyFile,
  type PolicyLine,
  stagePolicy,
  takePolicy,
} from '../../protocol/policy/index.ts';
import { rfc3339 } from '../clock/index.ts';
import { type ActivePolicy, activeOf } from './active-policy.ts';
import type { KeptBundle } from './bundle-store.ts';

/** Name of the line that a node's own key signs. */
const OWN_LINE = 'local';

/** May a bundle with a start begin at once? */
export type MayBegin = (line: PolicyLine, envelope: Envelope, nowMs: number) => boolean;

/** What came of a chain. */
export interface TakenChain {
  readonly line: PolicyLine;
  readonly bundles: readonly { kept: KeptBundle; envelope: Envelope; active: ActivePolicy }[];
  /** The last that begins at once; undefined when none does. */
  readonly begun: ActivePolicy | undefined;
  /** The one that waits for its start. */
  readonly staged: ActivePolicy | undefined;
}

/** Takes a chain, oldest first: all of it or nothing. Only the last may wait for its start. Errors as takePolicy; POLICY_ROLLBACK when all is old. */
export function takeChain(
  before: PolicyLine,
  envelopes: readonly Envelope[],
  nowMs: number,
  mayBegin: MayBegin,
): TakenChain {
  let line = before;
  let begun: ActivePolicy | undefined;
  let staged: ActivePolicy | undefined;
  const bundles: { kept: KeptBundle; envelope: Envelope; active: ActivePolicy }[] = [];
  for (const envelope of passedOver(envelopes, line)) {
    if (staged !== undefined)
      throw new ZeroError(
        'POLICY_INVALID',
        `bundle ${staged.sequence} in the middle of the file still waits for its start, or for who acknowledges it`,
        {
          hint: '"zerostate policy show" says what it waits for. Until it begins, apply a file that ends with it, or one with a newer bundle in its place.',
        },
      );
    // What has begun here once waits for nobody when it comes back.
    const hasBegun = line.newest?.id === envelopeId(envelope);
    const waits = !hasBegun && startOf(envelope) !== undefined && !mayBegin(line, envelope, nowMs);
    const step = signedForHere(line, () => (waits ? stagePolicy : takePolicy)(line, envelope, nowMs));
    const { bundle, id } = step.taken;
    const active = activeOf(bundle, id);
    line = step.line;
    if (waits) staged = active;
    else begun = active;
    bundles.push({ kept: keptOf(bundle, id, nowMs), envelope, active });
  }
  if (bundles.length === 0)
    throw new ZeroError('POLICY_ROLLBACK', 'no bundle is as new as the newest that this node has taken');
  return { line, bundles, begun, staged };
}

/** Takes a step on a line; whose signature is missed there, and where that is said, depends on whether it is the first. */
function signedForHere<T>({ newest, signers }: PolicyLine, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!isZeroError(error) || error.code !== 'SIGNATURE_INVALID') throw error;
    const { keys, threshold } = signers;
    const due = `${threshold} of ${keys.join(' ')}`;
    throw new ZeroError('SIGNATURE_INVALID', `${error.message}; due are signatures by ${due}`, {
      cause: error,
      details: { ...error.details, keys, threshold },
      hint:
        newest === null
          ? 'Name the keys of whoever signs the policies of this node as policy.signers in its configuration, and restart it.'
          : `Sign it with the keys that bundle ${newest.sequence} named, or apply the whole chain of bundles from there.`,
    });
  }
}

/** The bundle that a node signs with its own key, next on its line. */
export function ownBundle(
  { newest }: PolicyLine,
  files: readonly PolicyFile[],
  note: string | null,
  key: string,
  nowMs: number,
): PolicyBundle {
  return {
    type: 'PolicyBundle',
    version: 1,
    name: newest?.name ?? OWN_LINE,
    sequence: (newest?.sequence ?? 0) + 1,
    floor: 0,
    issuedAt: rfc3339(nowMs),
    expiresAt: null,
    schema: 1,
    note,
    policies: [...files],
    signers: { keys: [key], threshold: 1 },
  };
}

/** The start that a bundle names, before anything of it is verified; undefined when it names none. */
export function startOf({ payload }: Envelope): string | undefined {
  const { startsAt } = (parseStrictJson(payload, { bytesMax: POLICY_BUNDLE_BYTES_MAX }) ?? {}) as {
    startsAt?: unknown;
  };
  return typeof startsAt === 'string' ? startsAt : undefined;
}

function keptOf(bundle: PolicyBundle, id: string, takenAt: number): KeptBundle {
  const { name, sequence, issuedAt, expiresAt, note } = bundle;
  return { id, name, sequence, issuedAt, expiresAt, note, takenAt };
}

/** Of a chain, what is not older than the newest taken; a single bundle is judged whatever it is. */
function passedOver(envelopes: readonly Envelope[], { newest }: PolicyLine): readonly Envelope[] {
  if (envelopes.length === 1 || newest === null) return envelopes;
  return envelopes.filter(({ payload }) => {
    const { sequence } = (parseStrictJson(payload, { bytesMax: POLICY_BUNDLE_BYTES_MAX }) ?? {}) as {
      sequence?: unknown;
    };
    return typeof sequence !== 'number' || sequence >= newest.sequence;
  });
}
