// Signs and verifies in-toto statements under keys that the caller already trusts. Statements of agents, which carry their own
// keys, are agent-statement.ts.

import {
  decodeEnvelope,
  type Envelope,
  type EnvelopeTrust,
  type Signer,
  signEnvelope,
  verifyEnvelope,
} from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { canonicalJson, type JsonObject, type JsonValue } from '../json/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { FOREIGN_STATEMENT_BYTES_MAX } from './limits.ts';
import { parseStatement, readStatement } from './read.ts';
import { STATEMENT_PAYLOAD_TYPE, STATEMENT_TYPE, type Statement, type Subject } from './types.ts';

export interface SignStatementInput {
  readonly subject: readonly Subject[];
  readonly predicateType: string;
  readonly predicate: JsonObject;
  readonly signer: Signer;
  /** A second signer, ML-DSA-65, whose signature follows the first. */
  readonly postQuantumSigner?: Signer;
}

/** Signs any in-toto v1 statement (canonical JSON in DSSE). Errors: DECODE_FAILED, LIMIT_EXCEEDED. */
export function signStatement(input: SignStatementInput): Envelope {
  const { subject, predicateType, predicate, signer, postQuantumSigner } = input;
  const statement: JsonValue = {
    _type: STATEMENT_TYPE,
    subject: [...subject] as JsonValue[],
    predicateType,
    predicate,
  };
  readStatement(statement);
  const bounds = { payloadBytesMax: FOREIGN_STATEMENT_BYTES_MAX };
  return signEnvelope(
    {
      payloadType: STATEMENT_PAYLOAD_TYPE,
      payload: canonicalJson(statement),
      signers: postQuantumSigner === undefined ? [signer] : [signer, postQuantumSigner],
    },
    bounds,
  );
}

/**
 * Verifies a statement against given keys, then reads it.
 * Errors: SIGNATURE_INVALID, POST_QUANTUM_REQUIRED, DECODE_FAILED, LIMIT_EXCEEDED.
 */
export function verifyStatement(input: Envelope | Uint8Array, trust: EnvelopeTrust): Verified<Statement> {
  const envelope =
    input instanceof Uint8Array
      ? decodeEnvelope(input, { payloadBytesMax: FOREIGN_STATEMENT_BYTES_MAX })
      : input;
  if (envelope.payloadType !== STATEMENT_PAYLOAD_TYPE)
    throw new ZeroError('DECODE_FAILED', 'the envelope does not hold an in-toto statement');
  const { payload } = verifyEnvelope(envelope, trust);
  return markVerified(parseStatement(payload));
}
