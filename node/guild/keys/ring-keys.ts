// The group keys of one guild (MLS, RFC 9420), in memory only. Every change of members begins an epoch with new keys, and the keys of the
// epoch before are overwritten: who left reads nothing that follows, who joins nothing that was. Callers run one operation at a time.

import {
  type ClientConfig,
  type ClientState,
  createApplicationMessage,
  createCommit,
  createGroup,
  defaultKeyPackageEqualityConfig,
  defaultPaddingConfig,
  emptyPskIndex,
  encodeMlsMessage,
  type IncomingMessageCallback,
  joinGroup,
  type Proposal,
  processPrivateMessage,
  zeroOutUint8Array,
} from 'ts-mls';
import { unprotectPrivateMessage } from 'ts-mls/messageProtection.js';
import { equalBytes } from '../../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../../protocol/errors/index.ts';
import type { VerifiedCredential } from '../../../protocol/guild/index.ts';
import type { AgentId } from '../../../protocol/identity/index.ts';
import type { Verified } from '../../../protocol/verified.ts';
import { AHEAD_MESSAGES_MAX, LATE_MESSAGES_MAX } from '../limits.ts';
import { decodeMls, destroyOwnKeys, type OwnKeys } from './own-keys.ts';
import { guildSuite } from './suite.ts';
import { zeroState } from './zero.ts';

/** Says at what time a credential is judged, and whether its agent is still believed: throws when it is not. */
export interface CredentialJudge {
  now(): number;
  /** The credential when its signatures verify and it is in force now; throws when not. */
  verify(bytes: Uint8Array): Verified<VerifiedCredential>;
  check(credential: Verified<VerifiedCredential>): void;
}

/** A change of members that is ready but not in force: send it under the old keys, then advance. */
export interface StagedCommit {
  readonly commit: Uint8Array;
  /** For those who are added. */
  readonly welcome: Uint8Array | undefined;
  readonly epoch: number;
  readonly next: ClientState;
}

function clientConfig(judge: CredentialJudge): ClientConfig {
  return {
    keyRetentionConfig: {
      retainKeysForGenerations: LATE_MESSAGES_MAX,
      // The library keeps at least one; RingKeys drops it after every commit.
      retainKeysForEpochs: 1,
      maximumForwardRatchetSteps: AHEAD_MESSAGES_MAX,
    },
    lifetimeConfig: { maximumTotalLifetime: 2n ** 63n, validateLifetimeOnReceive: false },
    keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
    // Lengths say something too: short messages all look alike.
    paddingConfig: defaultPaddingConfig,
    authService: {
      validateCredential: async (credential, signaturePublicKey) => {
        if (credential.credentialType !== 'basic') return false;
        try {
          const verified = judge.verify(credential.identity);
          judge.check(verified);
          return equalBytes(verified.signatureKey, signaturePublicKey);
        } catch (error) {
          if (isZeroError(error)) return false;
          throw error;
        }
      },
    },
  };
}

/** What the library refuses is one typed error. */
function refused(cause: unknown, what: string): never {
  if (isZeroError(cause)) throw cause;
  throw new ZeroError('GUILD_KEYS_REFUSED', `${what}: ${(cause as Error).message.slice(0, 200)}`, { cause });
}

/** Keys of one member in one guild. */
export class RingKeys {
  #state: ClientState | undefined;
  readonly #members = new Map<number, Verified<VerifiedCredential>>();
  readonly #judge: CredentialJudge;

  private constructor(state: ClientState, judge: CredentialJudge) {
    this.#state = state;
    this.#judge = judge;
    this.#readMembers();
  }

  /** A group with its maker alone, in epoch 0. */
  static async create(groupId: Uint8Array, own: OwnKeys, judge: CredentialJudge): Promise<RingKeys> {
    const suite = await guildSuite();
    const { publicPackage, privatePackage } = own;
    const state = await createGroup(groupId, publicPackage, privatePackage, [], suite, clientConfig(judge));
    zeroOutUint8Array(privatePackage.initPrivateKey);
    return new RingKeys(state, judge);
  }

  /** Takes a seat with a welcome; every member's credential is verified. Throws GUILD_KEYS_REFUSED or DECODE_FAILED. */
  static async join(welcome: Uint8Array, own: OwnKeys, judge: CredentialJudge): Promise<RingKeys> {
    const read = decodeMls(welcome, 'mls_welcome');
    const suite = await guildSuite();
    try {
      const state = await joinGroup(
        read.welcome,
        own.publicPackage,
        own.privatePackage,
        emptyPskIndex,
        suite,
        undefined,
        undefined,
        clientConfig(judge),
      );
      return new RingKeys(state, judge);
    } catch (cause) {
      destroyOwnKeys(own);
      return refused(cause, 'the welcome');
    } finally {
      zeroOutUint8Array(own.privatePackage.initPrivateKey);
    }
  }

  /** Throws GUILD_UNKNOWN when the keys are destroyed. */
  get #live(): ClientState {
    if (this.#state === undefined)
      throw new ZeroError('GUILD_UNKNOWN', 'the keys of this guild are destroyed');
    return this.#state;
  }

  get destroyed(): boolean {
    return this.#state === undefined;
  }

  get epoch(): number {
    return Number(this.#live.groupContext.epoch);
  }

  get groupId(): Uint8Array {
    return this.#live.groupContext.groupId;
  }

  /** Credentials of all members. */
  members(): Verified<VerifiedCredential>[] {
    return [...this.#members.values()];
  }

  /** The credential of one member. */
  credentialOf(agent: AgentId): Verified<VerifiedCredential> | undefined {
    return this.members().find((member) => member.agent === agent);
  }

  #readMembers(): void {
    this.#members.clear();
    for (const [node, content] of this.#live.ratchetTree.entries()) {
      if (content?.nodeType !== 'leaf') continue;
      const { credential } = content.leaf;
      if (credential.credentialType !== 'basic')
        throw new ZeroError('GUILD_KEYS_REFUSED', 'a member has a credential of another kind');
      // Leaves stand at even places of the tree.
      this.#members.set(node / 2, this.#judge.verify(credential.identity));
    }
  }

  /** Prepares an epoch with other members. `add` are key packages. Throws GUILD_KEYS_REFUSED. */
  async stage(change: { add?: readonly Uint8Array[]; remove?: readonly AgentId[] }): Promise<StagedCommit> {
    const suite = await guildSuite();
    const leaves = [...this.#members];
    const proposals: Proposal[] = [
      ...(change.remove ?? []).map((agent): Proposal => {
        const leaf = leaves.find(([, member]) => member.agent === agent);
        if (leaf === undefined)
          throw new ZeroError('GUILD_KEYS_REFUSED', `${agent} has no keys in this guild`);
        return { proposalType: 'remove', remove: { removed: leaf[0] } };
      }),
      ...(change.add ?? []).map(
        (bytes): Proposal => ({
          proposalType: 'add',
          add: { keyPackage: decodeMls(bytes, 'mls_key_package').keyPackage },
        }),
      ),
    ];
    try {
      const made = await createCommit(
        { state: this.#live, cipherSuite: suite },
        { extraProposals: proposals, ratchetTreeExtension: true },
      );
      return {
        commit: encodeMlsMessage(made.commit),
        welcome:
          made.welcome === undefined
            ? undefined
            : encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome: made.welcome }),
        epoch: Number(made.newState.groupContext.epoch),
        next: made.newState,
      };
    } catch (cause) {
      return refused(cause, 'the change of members');
    }
  }

  /** Puts a staged epoch in force, and overwrites the keys of the one before. */
  advance({ next }: Pick<StagedCommit, 'next'>): void {
    const old = this.#live;
    // The library would keep the old epoch's secrets for late messages, and does not overwrite them when it drops them.
    this.#state = { ...next, historicalReceiverData: new Map() };
    zeroState(old, this.#state);
    this.#readMembers();
  }

  /** Encrypts for the members of this epoch. */
  async seal(plain: Uint8Array): Promise<Uint8Array> {
    const made = await createApplicationMessage(this.#live, plain, await guildSuite());
    this.#state = made.newState;
    made.consumed.forEach(zeroOutUint8Array);
    return encodeMlsMessage({
      version: 'mls10',
      wireformat: 'mls_private_message',
      privateMessage: made.privateMessage,
    });
  }

  /**
   * Opens a message of this epoch, once. Throws GUILD_EPOCH (with `behind` in its details, when this member must catch up) or
   * GUILD_KEYS_REFUSED, also for a message that was opened already.
   */
  async open(bytes: Uint8Array): Promise<{ plain: Uint8Array; sender: Verified<VerifiedCredential> }> {
    const state = this.#live;
    const { privateMessage } = decodeMls(bytes, 'mls_private_message');
    const { groupContext } = state;
    if (!equalBytes(privateMessage.groupId, groupContext.groupId))
      throw new ZeroError('GUILD_KEYS_REFUSED', 'the message is of another guild');
    if (privateMessage.epoch !== groupContext.epoch) {
      const behind = privateMessage.epoch > groupContext.epoch;
      throw new ZeroError(
        'GUILD_EPOCH',
        `the message is of epoch ${privateMessage.epoch}, here it is ${this.epoch}`,
        {
          details: { behind },
        },
      );
    }
    try {
      const { content, tree, consumed } = await unprotectPrivateMessage(
        state.keySchedule.senderDataSecret,
        privateMessage,
        state.secretTree,
        state.ratchetTree,
        groupContext,
        state.clientConfig.keyRetentionConfig,
        await guildSuite(),
      );
      const { sender } = content.content;
      const member = sender.senderType === 'member' ? this.#members.get(sender.leafIndex) : undefined;
      if (member === undefined || content.content.contentType !== 'application')
        throw new ZeroError('GUILD_KEYS_REFUSED', 'not a message of a member');
      // Only what verified moves the ratchet on.
      this.#state = { ...state, secretTree: tree };
      consumed.forEach(zeroOutUint8Array);
      return { plain: content.content.applicationData, sender: member };
    } catch (cause) {
      return refused(cause, 'the message');
    }
  }

  /**
   * Follows a commit of `committer` into the next epoch. Answers false when it removed this member: the keys are destroyed then.
   * Throws GUILD_KEYS_REFUSED and stays where it is.
   */
  async follow(commit: Uint8Array, committer: AgentId): Promise<boolean> {
    const state = this.#live;
    const { privateMessage } = decodeMls(commit, 'mls_private_message');
    const onlyFrom: IncomingMessageCallback = (incoming) =>
      incoming.kind === 'commit' &&
      incoming.senderLeafIndex !== undefined &&
      this.#members.get(incoming.senderLeafIndex)?.agent === committer
        ? 'accept'
        : 'reject';
    try {
      const done = await processPrivateMessage(
        state,
        privateMessage,
        emptyPskIndex,
        await guildSuite(),
        onlyFrom,
      );
      if (done.kind !== 'newState' || done.actionTaken !== 'accept')
        throw new ZeroError('GUILD_KEYS_REFUSED', 'not a commit of the member who signed the change');
      if (done.newState.groupActiveState.kind !== 'active') {
        this.destroy();
        return false;
      }
      done.consumed.forEach(zeroOutUint8Array);
      this.advance({ next: done.newState });
      return true;
    } catch (cause) {
      return refused(cause, 'the commit');
    }
  }

  /** Overwrites every secret. */
  destroy(): void {
    if (this.#state !== undefined) zeroState(this.#state, undefined);
    this.#state = undefined;
    this.#members.clear();
  }
}
