// Who exported a capsule: a node's signature (DSSE) over the digest of all of it. Members that nothing else binds, such as versions and the choice of
// members, and that nothing was taken out, stand on that node's word.

import { equalBytes } from '../bytes/index.ts';
import {
  type Envelope,
  envelopeFromJson,
  envelopeToJson,
  type Signer,
  signEnvelope,
  verifyExactly,
} from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { canonicalJson, type JsonValue } from '../json/index.ts';
import { keyOfPeerId } from '../log/index.ts';
import { type Capsule, digestOfCapsule } from './capsule.ts';

const PAYLOAD_TYPE = 'application/vnd.zerostate.capsule-export+json';

/** What is signed: nothing that is not in the capsule. */
function payloadOf(capsule: Capsule): Uint8Array {
  const { id, incident, node } = capsule;
  return canonicalJson({
    kind: 'zerostate-capsule-export/v1',
    digest: digestOfCapsule(capsule),
    id,
    incident,
    node,
  });
}

/** The capsule with the signature of its node over it. The digest stays the same, and the same capsule has the same signature. */
export function signCapsule(capsule: Capsule, signer: Signer): Capsule {
  const envelope = signEnvelope({
    payloadType: PAYLOAD_TYPE,
    payload: payloadOf(capsule),
    signers: [signer],
  });
  return { ...capsule, signed: envelopeToJson(envelope) };
}

/** Peer id of the node whose signature is over all of a capsule; null where nobody signed it. Throws SIGNATURE_INVALID or DECODE_FAILED. */
export function exporterOf(capsule: Capsule): string | null {
  const { node, signed } = capsule;
  if (signed === undefined) return null;
  if (node === null)
    throw new ZeroError('SIGNATURE_INVALID', 'capsule: it is signed, and names no node that did so');
  const envelope: Envelope = envelopeFromJson(signed as JsonValue);
  if (envelope.payloadType !== PAYLOAD_TYPE || !equalBytes(envelope.payload, payloadOf(capsule)))
    throw new ZeroError('SIGNATURE_INVALID', 'capsule: what its node signed is another capsule than this', {
      hint: 'It was changed after its export: ask who made it for the file again.',
    });
  verifyExactly(envelope, [keyOfPeerId(node)]);
  return node;
}
