// Overwrites the secrets of an MLS state that is left behind. What the next state still holds by reference is spared.

import { type ClientState, zeroOutUint8Array } from 'ts-mls';

function* secretsOf(state: ClientState): Generator<Uint8Array> {
  yield* Object.values(state.keySchedule).filter((value) => value instanceof Uint8Array);
  for (const node of state.secretTree)
    for (const ratchet of [node?.handshake, node?.application])
      if (ratchet !== undefined) {
        yield ratchet.secret;
        yield* Object.values(ratchet.unusedGenerations);
      }
  yield* Object.values(state.privatePath.privateKeys);
  yield state.signaturePrivateKey;
  for (const past of state.historicalReceiverData.values()) {
    yield past.senderDataSecret;
    yield past.resumptionPsk;
    for (const node of past.secretTree) {
      yield node.handshake.secret;
      yield node.application.secret;
    }
  }
}

/** Overwrites what `state` holds and `kept` does not. */
export function zeroState(state: ClientState, kept: ClientState | undefined): void {
  const spared = new Set<ArrayBufferLike>(
    kept === undefined ? [] : [...secretsOf(kept)].map(({ buffer }) => buffer),
  );
  for (const secret of secretsOf(state)) if (!spared.has(secret.buffer)) zeroOutUint8Array(secret);
}
