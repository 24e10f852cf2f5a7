// MLS vectors of trees: arithmetic, validation, proposals that change a tree, and path secrets (TreeKEM).

import { applyUpdatePathSecret } from 'ts-mls/createCommit.js';
import type { GroupContext } from 'ts-mls/groupContext.js';
import { verifyLeafNodeSignature } from 'ts-mls/leafNode.js';
import { verifyParentHashes } from 'ts-mls/parentHash.js';
import { getCommitSecret } from 'ts-mls/pathSecrets.js';
import { toPrivateKeyPath } from 'ts-mls/privateKeyPath.js';
import { decodeProposal } from 'ts-mls/proposal.js';
import {
  addLeafNode,
  decodeRatchetTree,
  encodeRatchetTree,
  getHpkePublicKey,
  type RatchetTree,
  removeLeafNode,
  resolution,
  updateLeafNode,
} from 'ts-mls/ratchetTree.js';
import { treeHash, treeHashRoot } from 'ts-mls/treeHash.js';
import {
  leafToNodeIndex,
  left,
  nodeToLeafIndex,
  nodeWidth,
  parent,
  right,
  root,
  sibling,
  toLeafIndex,
  toNodeIndex,
} from 'ts-mls/treemath.js';
import { applyUpdatePath, createUpdatePath, decodeUpdatePath } from 'ts-mls/updatePath.js';
import { differing, exactly, hex, type MlsCase, type Rows } from './mls-suite.ts';

/** The published value of a relation, or null where the library throws: a leaf has no child, a root no parent. */
function orNull(work: () => number): number | null {
  try {
    return work();
  } catch {
    return null;
  }
}

export const checkTreeMath: MlsCase = async (row) => {
  const width = row.n_leaves;
  if (nodeWidth(width) !== row.n_nodes) return 'n_nodes';
  if (root(width) !== row.root) return 'root';
  for (let n = 0; n < row.n_nodes; n++) {
    const node = toNodeIndex(n);
    const relations: [string, () => number][] = [
      ['left', () => left(node)],
      ['right', () => right(node)],
      ['parent', () => parent(node, width)],
      ['sibling', () => sibling(node, width)],
    ];
    for (const [name, relation] of relations)
      if (orNull(relation) !== row[name][n]) return `${name} of node ${n}`;
  }
  return undefined;
};

export const checkTreeValidation: MlsCase = async (row, suite) => {
  const tree = exactly(decodeRatchetTree, hex(row.tree));
  for (const [n, wanted] of row.resolutions.entries()) {
    const got = resolution(tree, toNodeIndex(n));
    if (got.join() !== wanted.join()) return `resolution of node ${n}`;
    const hash = await treeHash(tree, toNodeIndex(n), suite.hash);
    if (hash.toHex() !== row.tree_hashes[n]) return `hash of node ${n}`;
  }
  if (!(await verifyParentHashes(tree, suite.hash))) return 'parent hashes';
  for (const [n, node] of tree.entries())
    if (node?.nodeType === 'leaf') {
      const leafIndex = nodeToLeafIndex(toNodeIndex(n));
      if (!(await verifyLeafNodeSignature(node.leaf, hex(row.group_id), leafIndex, suite.signature)))
        return `signature of leaf ${leafIndex}`;
    }
  return undefined;
};

export const checkTreeOperation: MlsCase = async (row, suite) => {
  const before = exactly(decodeRatchetTree, hex(row.tree_before));
  const proposal = exactly(decodeProposal, hex(row.proposal));
  let after: RatchetTree;
  if (proposal.proposalType === 'add' && 'add' in proposal)
    [after] = addLeafNode(before, proposal.add.keyPackage.leafNode);
  else if (proposal.proposalType === 'update' && 'update' in proposal)
    after = updateLeafNode(before, proposal.update.leafNode, toLeafIndex(row.proposal_sender));
  else if (proposal.proposalType === 'remove' && 'remove' in proposal)
    after = removeLeafNode(before, toLeafIndex(proposal.remove.removed));
  else return 'another proposal';
  return differing({
    'tree before': [
      await treeHashRoot(before, suite.hash),
      row.tree_hash_before ?? (await treeHashRoot(before, suite.hash)).toHex(),
    ],
    'tree after': [encodeRatchetTree(after), row.tree_after],
  });
};

function contextOf(row: Rows, treeHashBytes: Uint8Array): GroupContext {
  return {
    version: 'mls10',
    cipherSuite: 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519',
    groupId: hex(row.group_id),
    epoch: BigInt(row.epoch),
    treeHash: treeHashBytes,
    confirmedTranscriptHash: hex(row.confirmed_transcript_hash),
    extensions: [],
  };
}

export const checkTreeKem: MlsCase = async (row, suite) => {
  const tree = exactly(decodeRatchetTree, hex(row.ratchet_tree));
  const members = new Map<number, Record<number, Uint8Array>>();
  for (const leaf of row.leaves_private) {
    const node = leafToNodeIndex(toLeafIndex(leaf.index));
    const keys: Record<number, Uint8Array> = { [node]: hex(leaf.encryption_priv) };
    for (const { node: at, path_secret: secret } of leaf.path_secrets) {
      const path = await toPrivateKeyPath({ [at]: hex(secret) }, leaf.index, suite);
      Object.assign(keys, path.privateKeys);
      const pair = await suite.hpke.importPrivateKey(path.privateKeys[at] as Uint8Array);
      if ((await publicOf(pair, suite)).toHex() !== getHpkePublicKey(tree[at]!).toHex())
        return `key of leaf ${leaf.index} at node ${at}`;
    }
    members.set(leaf.index, keys);
  }
  for (const update of row.update_paths) {
    const sender = toLeafIndex(update.sender);
    const path = exactly(decodeUpdatePath, hex(update.update_path));
    const after = await applyUpdatePath(tree, sender, path, suite.hash);
    const hash = await treeHashRoot(after, suite.hash);
    if (hash.toHex() !== update.tree_hash_after) return `tree hash after ${sender}`;
    const wrong = await checkReceivers(
      after,
      contextOf(row, hash),
      update.path_secrets,
      members,
      path,
      sender,
      update.commit_secret,
    );
    if (wrong !== undefined) return wrong;
    const own = await checkOwnPath(
      tree,
      contextOf(row, await treeHashRoot(tree, suite.hash)),
      row,
      members,
      sender,
    );
    if (own !== undefined) return own;
  }
  return undefined;

  async function checkReceivers(
    after: RatchetTree,
    context: GroupContext,
    wanted: (string | null)[],
    keys: typeof members,
    path: ReturnType<typeof decodeUpdatePath> extends [infer P, number] | undefined ? P : never,
    sender: ReturnType<typeof toLeafIndex>,
    commitSecret: string,
  ): Promise<string | undefined> {
    for (const [leafIndex, privateKeys] of keys) {
      const secret = wanted[leafIndex];
      if (leafIndex === sender || secret === null || secret === undefined) continue;
      const got = await applyUpdatePathSecret(
        tree,
        { leafIndex, privateKeys },
        sender,
        context,
        path,
        [],
        suite,
      );
      if (got.pathSecret.toHex() !== secret) return `path secret of ${leafIndex} from ${sender}`;
      const commit = await getCommitSecret(after, got.nodeIndex, got.pathSecret, suite.kdf);
      if (commit.toHex() !== commitSecret) return `commit secret of ${leafIndex} from ${sender}`;
    }
    return undefined;
  }

  /** A path of our own: every other member must read the same commit secret from it. */
  async function checkOwnPath(
    before: RatchetTree,
    context: GroupContext,
    vector: Rows,
    keys: typeof members,
    sender: ReturnType<typeof toLeafIndex>,
  ): Promise<string | undefined> {
    const signing = vector.leaves_private.find((leaf: Rows) => leaf.index === sender)?.signature_priv;
    const [after, path, secrets] = await createUpdatePath(before, sender, context, hex(signing), suite);
    const last = secrets.at(-1);
    if (last === undefined) return undefined;
    const commit = (
      await getCommitSecret(after, toNodeIndex(last.nodeIndex), last.secret, suite.kdf)
    ).toHex();
    const next = { ...context, treeHash: await treeHashRoot(after, suite.hash), epoch: context.epoch + 1n };
    for (const [leafIndex, privateKeys] of keys) {
      if (leafIndex === sender) continue;
      const got = await applyUpdatePathSecret(
        before,
        { leafIndex, privateKeys },
        sender,
        next,
        path,
        [],
        suite,
      );
      const read = await getCommitSecret(after, got.nodeIndex, got.pathSecret, suite.kdf);
      if (read.toHex() !== commit) return `own path of ${sender}, read by ${leafIndex}`;
    }
    return undefined;
  }
};

async function publicOf(key: CryptoKey, suite: Parameters<MlsCase>[1]): Promise<Uint8Array> {
  const raw = await suite.hpke.exportPrivateKey(key as never);
  const { x25519 } = await import('@noble/curves/ed25519.js');
  return x25519.getPublicKey(raw);
}
