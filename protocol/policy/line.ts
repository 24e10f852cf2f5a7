// What a node may do with bundles: take the next one, or go back by hand. A pure state machine; whoever replays an old bundle, or forks
// the line, is refused. Going back never lowers what has been seen: the next bundle must be newer than every one before.

import type { Envelope } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { timeMs } from '../fields/index.ts';
import { isPolicyInForce, type PolicySigners, type VerifiedBundle, verifyPolicyBundle } from './bundle.ts';
import type { PolicyEpoch, PolicyMembers } from './epoch.ts';

/** What a node remembers of its line of bundles. */
export interface PolicyLine {
  /** Who signs the next bundle. */
  readonly signers: PolicySigners;
  /** The newest bundle ever taken; null before the first. */
  readonly newest: { readonly name: string; readonly sequence: number; readonly id: string } | null;
  /** Lowest sequence that may be gone back to; 0 allows the built-in policies. */
  readonly floor: number;
  /** Id of the bundle in force; null: the built-in policies. */
  readonly active: string | null;
  /** Whose acknowledgements the next bundle with a start needs; absent in lines of older forms. */
  readonly members?: PolicyMembers | null;
  /** The bundle that waits for its start. */
  readonly staged?: PolicyEpoch | null;
}

/** The line of a node that trusts these keys and has taken nothing yet. */
export function newPolicyLine(signers: PolicySigners): PolicyLine {
  return { signers, newest: null, floor: 0, active: null };
}

/**
 * Takes a bundle: answers it, verified, and the line after it. Taking the newest one again makes it active again and changes nothing else.
 * Errors: POLICY_ROLLBACK (not newer than the newest), POLICY_EXPIRED, and those of verifyPolicyBundle.
 */
export function takePolicy(
  line: PolicyLine,
  envelope: Envelope,
  nowMs: number,
): { taken: VerifiedBundle; line: PolicyLine } {
  const taken = checkNext(line, envelope, nowMs);
  const { bundle, id } = taken;
  return {
    taken,
    line: {
      signers: bundle.signers,
      newest: { name: bundle.name, sequence: bundle.sequence, id },
      floor: Math.max(line.floor, bundle.floor),
      active: id,
      members: bundle.members ?? null,
      staged: null,
    },
  };
}

/**
 * Puts a bundle with a start beside the one in force, where it waits: nothing else of the line changes, so one that is never acknowledged has
 * handed nothing over. One that waits already gives way to it. Errors as takePolicy; POLICY_INVALID for a bundle without a start.
 */
export function stagePolicy(
  line: PolicyLine,
  envelope: Envelope,
  nowMs: number,
): { taken: VerifiedBundle; line: PolicyLine } {
  const taken = checkNext(line, envelope, nowMs);
  const { bundle, id } = taken;
  if (bundle.startsAt === undefined)
    throw new ZeroError('POLICY_INVALID', 'the policy bundle names no start that it could wait for');
  if (line.staged != null && bundle.sequence < line.staged.sequence)
    throw new ZeroError('POLICY_ROLLBACK', `bundle ${line.staged.sequence} waits already, and is newer`);
  const staged = { id, sequence: bundle.sequence, startsAtMs: timeMs(bundle.startsAt) };
  return { taken, line: { ...line, staged } };
}

/** The bundle, if the line may go on with it. */
function checkNext(line: PolicyLine, envelope: Envelope, nowMs: number): VerifiedBundle {
  const again = line.newest;
  const taken = verifyPolicyBundle(envelope, line.signers);
  const { bundle, id } = taken;
  if (!isPolicyInForce(bundle, nowMs))
    throw new ZeroError(
      'POLICY_EXPIRED',
      `the bundle is in force from ${bundle.issuedAt} to ${bundle.expiresAt ?? 'ever'}`,
    );
  if (again !== null) {
    if (bundle.name !== again.name)
      throw new ZeroError(
        'POLICY_ROLLBACK',
        `this node follows the line "${again.name}", not "${bundle.name}"`,
      );
    if (bundle.sequence < again.sequence || (bundle.sequence === again.sequence && id !== again.id))
      throw new ZeroError(
        'POLICY_ROLLBACK',
        `bundle ${bundle.sequence} is not newer than ${again.sequence}, which this node has taken`,
        { details: { sequence: bundle.sequence, newest: again.sequence } },
      );
  }
  return taken;
}

/**
 * Goes back to a bundle that was taken before, or to the built-in policies (`target` null). What was seen stays seen; what waits for its start
 * waits no more.
 * Error: POLICY_ROLLBACK when it lies below the floor that a later bundle set.
 */
export function goBack(line: PolicyLine, target: { id: string; sequence: number } | null): PolicyLine {
  const sequence = target?.sequence ?? 0;
  if (sequence < line.floor)
    throw new ZeroError(
      'POLICY_ROLLBACK',
      `bundles below ${line.floor} may not come back: a later bundle says so`,
      {
        details: { sequence, floor: line.floor },
        hint: 'Sign and apply a new bundle with the content that is wanted.',
      },
    );
  return { ...line, active: target?.id ?? null, staged: null };
}
