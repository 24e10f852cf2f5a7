// MLS vectors of keys: labelled crypto, key schedule, pre-shared keys, secret tree, transcript hashes.

import { mlsExporter } from 'ts-mls';
import { decodeAuthenticatedContent } from 'ts-mls/authenticatedContent.js';
import { refhash } from 'ts-mls/crypto/hash.js';
import { decryptWithLabel, encryptWithLabel } from 'ts-mls/crypto/hpke.js';
import { deriveSecret, deriveTreeSecret, expandWithLabel } from 'ts-mls/crypto/kdf.js';
import { signWithLabel, verifyWithLabel } from 'ts-mls/crypto/signature.js';
import { verifyConfirmationTag } from 'ts-mls/framedContent.js';
import { decodeGroupContext } from 'ts-mls/groupContext.js';
import { initializeEpoch } from 'ts-mls/keySchedule.js';
import { computePskSecret } from 'ts-mls/presharedkey.js';
import { createSecretTree, deriveKey, deriveNonce, ratchetUntil } from 'ts-mls/secretTree.js';
import { expandSenderDataKey, expandSenderDataNonce } from 'ts-mls/sender.js';
import { createConfirmedHash, createInterimHash } from 'ts-mls/transcriptHash.js';
import { leafToNodeIndex, toLeafIndex } from 'ts-mls/treemath.js';
import { differing, exactly, hex, type MlsCase, VECTOR_CLIENT } from './mls-suite.ts';

export const checkCrypto: MlsCase = async (row, suite) => {
  const { ref_hash: ref, expand_with_label: expand, derive_secret: derive, derive_tree_secret: tree } = row;
  const { sign_with_label: sign, encrypt_with_label: encrypt } = row;
  const key = await suite.hpke.importPrivateKey(hex(encrypt.priv));
  const context = hex(encrypt.context);
  const sealed = await encryptWithLabel(
    await suite.hpke.importPublicKey(hex(encrypt.pub)),
    encrypt.label,
    context,
    hex(encrypt.plaintext),
    suite.hpke,
  );
  const opened = (kem: Uint8Array, text: Uint8Array) =>
    decryptWithLabel(key, encrypt.label, context, kem, text, suite.hpke);
  const verified = async (signature: Uint8Array) =>
    await verifyWithLabel(hex(sign.pub), sign.label, hex(sign.content), signature, suite.signature);
  if (!(await verified(hex(sign.signature)))) return 'the published signature';
  if (!(await verified(await signWithLabel(hex(sign.priv), sign.label, hex(sign.content), suite.signature))))
    return 'an own signature';
  return differing({
    ref_hash: [await refhash(ref.label, hex(ref.value), suite.hash), ref.out],
    expand_with_label: [
      await expandWithLabel(hex(expand.secret), expand.label, hex(expand.context), expand.length, suite.kdf),
      expand.out,
    ],
    derive_secret: [await deriveSecret(hex(derive.secret), derive.label, suite.kdf), derive.out],
    derive_tree_secret: [
      await deriveTreeSecret(hex(tree.secret), tree.label, tree.generation, tree.length, suite.kdf),
      tree.out,
    ],
    encrypt_with_label: [await opened(hex(encrypt.kem_output), hex(encrypt.ciphertext)), encrypt.plaintext],
    'encrypt_with_label, own': [await opened(sealed.enc, sealed.ct), encrypt.plaintext],
  });
};

export const checkKeySchedule: MlsCase = async (row, suite) => {
  let init = hex(row.initial_init_secret);
  for (const [at, epoch] of row.epochs.entries()) {
    const secrets = await initializeEpoch(
      init,
      hex(epoch.commit_secret),
      exactly(decodeGroupContext, hex(epoch.group_context)),
      hex(epoch.psk_secret),
      suite.kdf,
    );
    const keys = secrets.keySchedule;
    const pair = await suite.hpke.deriveKeyPair(keys.externalSecret);
    const wrong = differing({
      joiner_secret: [secrets.joinerSecret, epoch.joiner_secret],
      welcome_secret: [secrets.welcomeSecret, epoch.welcome_secret],
      encryption_secret: [secrets.encryptionSecret, epoch.encryption_secret],
      init_secret: [keys.initSecret, epoch.init_secret],
      sender_data_secret: [keys.senderDataSecret, epoch.sender_data_secret],
      exporter_secret: [keys.exporterSecret, epoch.exporter_secret],
      epoch_authenticator: [keys.epochAuthenticator, epoch.epoch_authenticator],
      external_secret: [keys.externalSecret, epoch.external_secret],
      confirmation_key: [keys.confirmationKey, epoch.confirmation_key],
      membership_key: [keys.membershipKey, epoch.membership_key],
      resumption_psk: [keys.resumptionPsk, epoch.resumption_psk],
      external_pub: [await suite.hpke.exportPublicKey(pair.publicKey), epoch.external_pub],
      exporter: [
        await mlsExporter(
          keys.exporterSecret,
          epoch.exporter.label,
          hex(epoch.exporter.context),
          epoch.exporter.length,
          suite,
        ),
        epoch.exporter.secret,
      ],
    });
    if (wrong !== undefined) return `epoch ${at}: ${wrong}`;
    init = keys.initSecret;
  }
  return undefined;
};

export const checkPskSecret: MlsCase = async (row, suite) => {
  const psks = row.psks as { psk_id: string; psk: string; psk_nonce: string }[];
  const secret = await computePskSecret(
    psks.map(({ psk_id, psk, psk_nonce }) => [
      { psktype: 'external', pskId: hex(psk_id), pskNonce: hex(psk_nonce) },
      hex(psk),
    ]),
    suite,
  );
  return differing({ psk_secret: [secret, row.psk_secret] });
};

export const checkSecretTree: MlsCase = async (row, suite) => {
  const { sender_data: sender } = row;
  const wrong = differing({
    key: [
      await expandSenderDataKey(suite, hex(sender.sender_data_secret), hex(sender.ciphertext)),
      sender.key,
    ],
    nonce: [
      await expandSenderDataNonce(suite, hex(sender.sender_data_secret), hex(sender.ciphertext)),
      sender.nonce,
    ],
  });
  if (wrong !== undefined) return `sender data: ${wrong}`;
  const tree = await createSecretTree(row.leaves.length, hex(row.encryption_secret), suite.kdf);
  for (const [leaf, generations] of row.leaves.entries())
    for (const wanted of generations)
      for (const kind of ['application', 'handshake'] as const) {
        const ratchet = tree[leafToNodeIndex(toLeafIndex(leaf))]![kind];
        const [at] = await ratchetUntil(
          ratchet,
          wanted.generation,
          VECTOR_CLIENT.keyRetentionConfig,
          suite.kdf,
        );
        const differs = differing({
          key: [await deriveKey(at.secret, wanted.generation, suite), wanted[`${kind}_key`]],
          nonce: [await deriveNonce(at.secret, wanted.generation, suite), wanted[`${kind}_nonce`]],
        });
        if (differs !== undefined) return `leaf ${leaf}, ${kind} generation ${wanted.generation}: ${differs}`;
      }
  return undefined;
};

export const checkTranscript: MlsCase = async (row, suite) => {
  const { wireformat, content, auth } = exactly(decodeAuthenticatedContent, hex(row.authenticated_content));
  if (content.contentType !== 'commit' || auth.contentType !== 'commit') return 'not a commit';
  const confirmed = await createConfirmedHash(
    hex(row.interim_transcript_hash_before),
    { wireformat, content, signature: auth.signature },
    suite.hash,
  );
  if (!(await verifyConfirmationTag(hex(row.confirmation_key), auth.confirmationTag, confirmed, suite.hash)))
    return 'the confirmation tag';
  return differing({
    confirmed: [confirmed, row.confirmed_transcript_hash_after],
    interim: [
      await createInterimHash(confirmed, auth.confirmationTag, suite.hash),
      row.interim_transcript_hash_after,
    ],
  });
};
