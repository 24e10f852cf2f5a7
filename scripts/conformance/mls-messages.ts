// MLS vectors of messages: encodings, protection, welcomes, and a client that only listens.

import {
  acceptAll,
  decodeMlsMessage,
  joinGroup,
  type MLSMessage,
  makePskIndex,
  processMessage,
} from 'ts-mls';
import type { Encoder } from 'ts-mls/codec/tlsEncoder.js';
import { decodeCommit, encodeCommit } from 'ts-mls/commit.js';
import type { GroupContext } from 'ts-mls/groupContext.js';
import { verifyGroupInfoConfirmationTag, verifyGroupInfoSignature } from 'ts-mls/groupInfo.js';
import { decodeGroupSecrets, encodeGroupSecrets } from 'ts-mls/groupSecrets.js';
import { makeKeyPackageRef } from 'ts-mls/keyPackage.js';
import { encodeMlsMessage } from 'ts-mls/message.js';
import {
  protectApplicationData,
  protectProposal,
  unprotectPrivateMessage,
} from 'ts-mls/messageProtection.js';
import { protectProposalPublic, unprotectPublicMessage } from 'ts-mls/messageProtectionPublic.js';
import {
  decodeAdd,
  decodeExternalInit,
  decodeGroupContextExtensions,
  decodeProposal,
  decodePSK,
  decodeReinit,
  decodeRemove,
  decodeUpdate,
  encodeAdd,
  encodeExternalInit,
  encodeGroupContextExtensions,
  encodeProposal,
  encodePSK,
  encodeReinit,
  encodeRemove,
  encodeUpdate,
} from 'ts-mls/proposal.js';
import { decodeRatchetTree, encodeRatchetTree } from 'ts-mls/ratchetTree.js';
import { createSecretTree } from 'ts-mls/secretTree.js';
import { decryptGroupInfo, decryptGroupSecrets } from 'ts-mls/welcome.js';
import { differing, exactly, hex, type MlsCase, type Rows, VECTOR_CLIENT } from './mls-suite.ts';

type Decode<T> = (bytes: Uint8Array, offset: number) => [T, number] | undefined;

function again<T>(decode: Decode<T>, encode: Encoder<T>): (text: string) => string {
  return (text) => encode(exactly(decode, hex(text))).toHex();
}

const message = again(decodeMlsMessage, encodeMlsMessage);
const FORMS: Readonly<Record<string, (text: string) => string>> = {
  mls_welcome: message,
  mls_group_info: message,
  mls_key_package: message,
  public_message_application: message,
  public_message_proposal: message,
  public_message_commit: message,
  private_message: message,
  ratchet_tree: again(decodeRatchetTree, encodeRatchetTree),
  group_secrets: again(decodeGroupSecrets, encodeGroupSecrets),
  add_proposal: again(decodeAdd, encodeAdd),
  update_proposal: again(decodeUpdate, encodeUpdate),
  remove_proposal: again(decodeRemove, encodeRemove),
  pre_shared_key_proposal: again(decodePSK, encodePSK),
  re_init_proposal: again(decodeReinit, encodeReinit),
  external_init_proposal: again(decodeExternalInit, encodeExternalInit),
  group_context_extensions_proposal: again(decodeGroupContextExtensions, encodeGroupContextExtensions),
  commit: again(decodeCommit, encodeCommit),
};

export const checkMessages: MlsCase = async (row) =>
  Object.entries(FORMS).find(([name, form]) => form(row[name]) !== row[name])?.[0];

function of<W extends MLSMessage['wireformat']>(
  text: string,
  wireformat: W,
): Extract<MLSMessage, { wireformat: W }> {
  const read = exactly(decodeMlsMessage, hex(text));
  if (read.wireformat !== wireformat) throw new Error(`not a ${wireformat}`);
  return read as Extract<MLSMessage, { wireformat: W }>;
}

export const checkWelcome: MlsCase = async (row, suite) => {
  const { welcome } = of(row.welcome, 'mls_welcome');
  const { keyPackage } = of(row.key_package, 'mls_key_package');
  const key = await suite.hpke.importPrivateKey(hex(row.init_priv));
  const secrets = await decryptGroupSecrets(
    key,
    await makeKeyPackageRef(keyPackage, suite.hash),
    welcome,
    suite.hpke,
  );
  if (secrets === undefined) return 'no secrets for the key package';
  const noPsk = new Uint8Array(suite.kdf.size);
  const info = await decryptGroupInfo(welcome, secrets.joinerSecret, noPsk, suite);
  if (info === undefined) return 'the group info does not decode';
  if (!(await verifyGroupInfoSignature(info, hex(row.signer_pub), suite.signature))) return 'the signature';
  return (await verifyGroupInfoConfirmationTag(info, secrets.joinerSecret, noPsk, suite))
    ? undefined
    : 'the confirmation tag';
};

export const checkPassiveClient: MlsCase = async (row, suite) => {
  const { welcome } = of(row.welcome, 'mls_welcome');
  const { keyPackage } = of(row.key_package, 'mls_key_package');
  const psks = Object.fromEntries(
    row.external_psks.map(({ psk_id, psk }: Rows) => [hex(psk_id).toBase64(), hex(psk)]),
  );
  const tree = row.ratchet_tree === null ? undefined : exactly(decodeRatchetTree, hex(row.ratchet_tree));
  let state = await joinGroup(
    welcome,
    keyPackage,
    {
      initPrivateKey: hex(row.init_priv),
      hpkePrivateKey: hex(row.encryption_priv),
      signaturePrivateKey: hex(row.signature_priv),
    },
    makePskIndex(undefined, psks),
    suite,
    tree,
    undefined,
    VECTOR_CLIENT,
  );
  if (state.keySchedule.epochAuthenticator.toHex() !== row.initial_epoch_authenticator)
    return 'the first epoch';
  for (const [at, epoch] of row.epochs.entries()) {
    for (const text of [...epoch.proposals, epoch.commit]) {
      const read = exactly(decodeMlsMessage, hex(text));
      if (read.wireformat !== 'mls_public_message' && read.wireformat !== 'mls_private_message')
        return `epoch ${at}: a message that is no message`;
      const done = await processMessage(read, state, makePskIndex(state, psks), acceptAll, suite);
      state = done.newState;
    }
    if (state.keySchedule.epochAuthenticator.toHex() !== epoch.epoch_authenticator) return `epoch ${at}`;
  }
  return undefined;
};

export const checkProtection: MlsCase = async (row, suite) => {
  const context: GroupContext = {
    version: 'mls10',
    cipherSuite: suite.name,
    groupId: hex(row.group_id),
    epoch: BigInt(row.epoch),
    treeHash: hex(row.tree_hash),
    confirmedTranscriptHash: hex(row.confirmed_transcript_hash),
    extensions: [],
  };
  const sender = hex(row.sender_data_secret);
  const membership = hex(row.membership_key);
  const signing = hex(row.signature_pub);
  const fresh = () => createSecretTree(2, hex(row.encryption_secret), suite.kdf);
  const leaf = { nodeType: 'leaf', leaf: {} } as never;
  const tree = [leaf, undefined, leaf];
  const keys = VECTOR_CLIENT.keyRetentionConfig;
  const opened = async (text: string | { privateMessage: unknown }) =>
    await unprotectPrivateMessage(
      sender,
      (typeof text === 'string'
        ? of(text, 'mls_private_message').privateMessage
        : text.privateMessage) as never,
      await fresh(),
      tree,
      context,
      keys,
      suite,
      signing,
    );
  const contentOf = (content: Rows): string =>
    content.contentType === 'application'
      ? content.applicationData.toHex()
      : content.contentType === 'proposal'
        ? encodeProposal(content.proposal).toHex()
        : encodeCommit(content.commit).toHex();
  for (const kind of ['proposal', 'commit', 'application'])
    if (contentOf((await opened(row[`${kind}_priv`])).content.content) !== row[kind]) return `${kind}_priv`;
  for (const kind of ['proposal', 'commit']) {
    const { publicMessage } = of(row[`${kind}_pub`], 'mls_public_message');
    const { content } = await unprotectPublicMessage(
      membership,
      context,
      tree,
      publicMessage,
      suite,
      signing,
    );
    if (contentOf(content) !== row[kind]) return `${kind}_pub`;
  }
  // Protected anew by the library, and read back: fresh reuse guards make other bytes of the same content.
  const padding = VECTOR_CLIENT.paddingConfig;
  const none = new Uint8Array();
  const proposal = exactly(decodeProposal, hex(row.proposal));
  const own = await protectApplicationData(
    hex(row.signature_priv),
    sender,
    hex(row.application),
    none,
    context,
    await fresh(),
    1,
    padding,
    suite,
  );
  const ownProposal = await protectProposal(
    hex(row.signature_priv),
    sender,
    proposal,
    none,
    context,
    await fresh(),
    1,
    padding,
    suite,
  );
  const ownPublic = await protectProposalPublic(
    hex(row.signature_priv),
    membership,
    context,
    none,
    proposal,
    1,
    suite,
  );
  const readPublic = await unprotectPublicMessage(
    membership,
    context,
    tree,
    ownPublic.publicMessage,
    suite,
    signing,
  );
  return differing({
    'own application': [hex(contentOf((await opened(own)).content.content)), row.application],
    'own proposal': [hex(contentOf((await opened(ownProposal)).content.content)), row.proposal],
    'own public proposal': [hex(contentOf(readPublic.content)), row.proposal],
  });
};
