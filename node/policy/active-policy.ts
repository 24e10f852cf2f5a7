// Policies made ready: those in force, the built-in ones, and those of a node that has missed what the others began with. Must not switch anything.

import { type PolicyBundle, type PolicyFile, policyFilesId } from '../../protocol/policy/index.ts';
import { type CedarPolicies, readCedar, readOwnCedar } from './cedar.ts';
import { CLOSED_POLICIES, DEFAULT_POLICIES, QUARANTINE_POLICY } from './default-policies.ts';

/** A set of policies ready to be asked, and where it comes from. Sequence 0: the built-in ones. */
export interface ActivePolicy {
  readonly id: string;
  readonly name: string;
  readonly sequence: number;
  readonly expiresAt: string | null;
  readonly files: readonly PolicyFile[];
  readonly policies: CedarPolicies;
}

/** Policies of no bundle. Read when they are first asked, once for all nodes of a process: they never change. */
function fixed(name: string, files: readonly PolicyFile[]): ActivePolicy {
  let read: CedarPolicies | undefined;
  return {
    id: policyFilesId(files),
    name,
    sequence: 0,
    expiresAt: null,
    files,
    get policies() {
      read ??= readOwnCedar(files);
      return read;
    },
  };
}

/** What a node decides by that was given no policy. */
export const BUILT_IN: ActivePolicy = fixed('built-in', DEFAULT_POLICIES);

/** What a node decides by that has missed what the others have begun with: nothing but what brings the missing bundle. */
export const CLOSED: ActivePolicy = fixed('closed', CLOSED_POLICIES);

/** Whose quarantine orders are obeyed where the policies in force do not speak of it. */
export const QUARANTINE: ActivePolicy = fixed('quarantine', [QUARANTINE_POLICY]);

/** The policies of a bundle. */
export function activeOf(bundle: PolicyBundle, id: string): ActivePolicy {
  const { name, sequence, expiresAt, policies: files } = bundle;
  return { id, name, sequence, expiresAt, files, policies: readCedar(files) };
}
