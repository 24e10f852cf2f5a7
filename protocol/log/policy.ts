// C2SP tlog-policy: which logs are known, which witnesses, and which of them together are a quorum. Parsing and judging only.

import { ZeroError } from '../errors/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { type Checkpoint, verifyCheckpoint, verifyNodeCheckpoint } from './checkpoint.ts';
import { isSameKey, readCosignature } from './cosignature.ts';
import { NOTE_COSIGNATURE_ED25519, NOTE_ED25519, type NoteKey, parseVerifierKey } from './note.ts';

/** Bytes of a policy file. */
export const POLICY_BYTES_MAX = 65_536;
/** Logs, witnesses and groups of a policy, each; the specification asks for at least 32. */
export const POLICY_ITEMS_MAX = 64;
/** Cosignatures may be this far ahead of the verifier's clock. */
export const CLOCK_SKEW_SECONDS_MAX = 300;

interface Group {
  readonly threshold: number;
  readonly members: readonly string[];
}

export interface LogPolicy {
  /** Empty: any log whose origin names its own key. */
  readonly logs: readonly NoteKey[];
  readonly witnesses: ReadonlyMap<string, NoteKey>;
  readonly groups: ReadonlyMap<string, Group>;
  /** Name of a witness or group, or 'none'. */
  readonly quorum: string;
}

/** A checkpoint that a policy accepts, with the reasons. */
export interface PolicyFinding {
  readonly checkpoint: Verified<Checkpoint>;
  /** Policy names of the witnesses that count. */
  readonly witnesses: readonly string[];
  /** Time to which a quorum vouches for the head, in POSIX seconds; null when the policy asks for none. */
  readonly asOfSeconds: number | null;
}

const NONE = 'none';
// The specification's octets: tab, newline, printable ASCII and everything above it; 0x7f is out.
// biome-ignore lint/suspicious/noControlCharactersInRegex: the specification names these octets
const FORBIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f]/;

/** Parses a policy file. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function parsePolicy(text: string): LogPolicy {
  if (text.length > POLICY_BYTES_MAX) throw new ZeroError('LIMIT_EXCEEDED', 'policy is too long');
  if (FORBIDDEN.test(text)) throw refuse('a control character');
  const policy = new PolicyBuilder();
  for (const line of text.split('\n')) {
    const [keyword, ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
    if (keyword !== undefined && !keyword.startsWith('#')) policy.add(keyword, items);
  }
  return policy.finish();
}

function refuse(what: string): ZeroError {
  return new ZeroError('DECODE_FAILED', `policy: ${what}`);
}

class PolicyBuilder {
  readonly #logs: NoteKey[] = [];
  readonly #witnesses = new Map<string, NoteKey>();
  readonly #groups = new Map<string, Group>();
  readonly #grouped = new Set<string>();
  #quorum: string | undefined;

  add(keyword: string, items: readonly string[]): void {
    if (keyword === 'log') this.#addLog(items);
    else if (keyword === 'witness') this.#addWitness(items);
    else if (keyword === 'group') this.#addGroup(items);
    else if (keyword === 'quorum') this.#setQuorum(items);
    else throw refuse('an unknown line');
    if (Math.max(this.#logs.length, this.#witnesses.size, this.#groups.size) > POLICY_ITEMS_MAX) {
      throw new ZeroError('LIMIT_EXCEEDED', `policy has more than ${POLICY_ITEMS_MAX} lines of a kind`);
    }
  }

  finish(): LogPolicy {
    if (this.#quorum === undefined) throw refuse('no quorum line');
    return { logs: this.#logs, witnesses: this.#witnesses, groups: this.#groups, quorum: this.#quorum };
  }

  #addLog([vkey, ...url]: readonly string[]): void {
    if (vkey === undefined || url.length > 1) throw refuse('a log line has a key and at most a URL');
    const key = parseVerifierKey(vkey);
    if (key.type !== NOTE_ED25519) throw refuse('a log key is of another type');
    if (this.#logs.some((other) => isSameKey(other, key))) throw refuse('a log is listed twice');
    this.#logs.push(key);
  }

  #addWitness([name, vkey, ...url]: readonly string[]): void {
    if (name === undefined || vkey === undefined || url.length > 1)
      throw refuse('a witness line has a name, a key and at most a URL');
    const key = parseVerifierKey(vkey);
    if (key.type !== NOTE_COSIGNATURE_ED25519) throw refuse('a witness key is of another type');
    if ([...this.#witnesses.values()].some((other) => isSameKey(other, key)))
      throw refuse('a witness is listed twice');
    this.#witnesses.set(this.#fresh(name), key);
  }

  #addGroup([name, rule, ...members]: readonly string[]): void {
    if (name === undefined || rule === undefined || members.length === 0)
      throw refuse('a group has a name, a threshold and members');
    for (const member of members) {
      if (!this.#has(member)) throw refuse('a group member is not defined before');
      // A name in two places would let one witness count twice.
      if (this.#grouped.has(member)) throw refuse('a name is a member twice');
      this.#grouped.add(member);
    }
    const threshold =
      rule === 'any'
        ? 1
        : rule === 'all'
          ? members.length
          : /^[1-9][0-9]{0,2}$/.test(rule)
            ? Number(rule)
            : 0;
    if (threshold < 1 || threshold > members.length)
      throw refuse('a group threshold is not between 1 and its members');
    this.#groups.set(this.#fresh(name), { threshold, members });
  }

  #setQuorum([name, ...rest]: readonly string[]): void {
    if (name === undefined || rest.length > 0) throw refuse('a quorum line has one name');
    if (this.#quorum !== undefined) throw refuse('two quorum lines');
    if (name !== NONE && !this.#has(name)) throw refuse('the quorum is not defined before');
    this.#quorum = name;
  }

  #has(name: string): boolean {
    return this.#witnesses.has(name) || this.#groups.has(name);
  }

  #fresh(name: string): string {
    if (name === NONE || this.#has(name)) throw refuse('a name is taken');
    return name;
  }
}

/**
 * Judges a checkpoint. `nowSeconds` is the verification time; with `maxAgeSeconds` only cosignatures that young count, so that a
 * frozen log is noticed. Throws SIGNATURE_INVALID, LOG_UNKNOWN, WITNESS_QUORUM_MISSING, DECODE_FAILED or LIMIT_EXCEEDED.
 */
export function applyPolicy(
  checkpoint: Checkpoint,
  policy: LogPolicy,
  time: { nowSeconds: number; maxAgeSeconds?: number },
): Verified<PolicyFinding> {
  const verified = verifyUnderLogs(checkpoint, policy.logs);
  const times = new Map<string, number>();
  for (const [name, key] of policy.witnesses) {
    const found = readCosignature(checkpoint, key);
    if (found === null || found.timeSeconds > time.nowSeconds + CLOCK_SKEW_SECONDS_MAX) continue;
    if (time.maxAgeSeconds !== undefined && found.timeSeconds < time.nowSeconds - time.maxAgeSeconds)
      continue;
    times.set(name, found.timeSeconds);
  }
  const asOf = policy.quorum === NONE ? null : vouchedTime(policy, policy.quorum, times);
  if (asOf === undefined)
    throw new ZeroError('WITNESS_QUORUM_MISSING', 'too few witnesses vouch for the checkpoint', {
      details: { counted: [...times.keys()] },
    });
  return markVerified({ checkpoint: verified, witnesses: [...times.keys()], asOfSeconds: asOf });
}

function verifyUnderLogs(checkpoint: Checkpoint, logs: readonly NoteKey[]): Verified<Checkpoint> {
  if (logs.length === 0) return verifyNodeCheckpoint(checkpoint.text, checkpoint.origin);
  const key = logs.find((log) => log.name === checkpoint.origin);
  if (key === undefined)
    throw new ZeroError('LOG_UNKNOWN', 'the policy does not know this log', {
      details: { origin: checkpoint.origin },
    });
  return verifyCheckpoint(checkpoint.text, { origin: key.name, publicKey: key.publicKey });
}

/** The newest time for which a name is satisfied, or undefined: of a group, its threshold-th newest member. */
export function vouchedTime(
  policy: LogPolicy,
  name: string,
  times: ReadonlyMap<string, number>,
): number | undefined {
  const group = policy.groups.get(name);
  if (group === undefined) return times.get(name);
  const known = group.members
    .map((member) => vouchedTime(policy, member, times))
    .filter((each) => each !== undefined);
  return known.sort((a, b) => b - a)[group.threshold - 1];
}
