// Checks of in-toto statements: those of agents verify alone, those of others under keys that the caller trusts.

import type { Envelope } from '../envelope/index.ts';
import { timeMs } from '../fields/index.ts';
import { isJsonObject, parseStrictJson } from '../json/index.ts';
import {
  type AgentStatement,
  FOREIGN_STATEMENT_BYTES_MAX,
  STATEMENT_DEPTH_MAX,
  verifyAgentStatement,
  verifyStatement,
} from '../statement/index.ts';
import { CLOCK_SKEW_MS_MAX } from './limits.ts';
import type { Context } from './options.ts';
import type { Checks } from './report.ts';

/** Form, keychain, signature and members of an agent's statement. */
export function checkAgentSignature(
  checks: Checks,
  envelope: Envelope,
  name: string,
): AgentStatement | undefined {
  return checks.attempt(
    name,
    () => verifyAgentStatement(envelope),
    ({ signerRole, epoch, keySerial }) =>
      `signed by the ${signerRole} key of epoch ${epoch}, serial ${keySerial}`,
  );
}

/** A statement may be old, but not from the future of the verification time. */
export function checkIssued(checks: Checks, issuedAt: string, nowMs: number): void {
  const ok = timeMs(issuedAt) <= nowMs + CLOCK_SKEW_MS_MAX;
  checks.add(
    'time',
    ok,
    ok ? `issued at ${issuedAt}` : `issued at ${issuedAt}, after the verification time`,
    ok ? undefined : 'NOT_IN_FORCE',
  );
}

/** A statement file. */
export function checkStatementFile(checks: Checks, envelope: Envelope, context: Context): void {
  if (carriesKeychain(envelope)) {
    const agent = checkAgentSignature(checks, envelope, 'signature');
    if (agent === undefined) return;
    const { statement, issuer, id, predicateType } = agent;
    checks.describe({ statementId: id, issuer, predicateType, issuedAt: statement.predicate.issuedAt });
    checkIssued(checks, statement.predicate.issuedAt, context.now);
    return;
  }
  if (context.keys.length === 0) {
    checks.add(
      'signature',
      false,
      'the statement carries no keys of its own, and no key was given',
      'SIGNER_UNKNOWN',
    );
    return;
  }
  const statement = checks.attempt(
    'signature',
    () => verifyStatement(envelope, { keys: context.keys }),
    () => 'signed by a given key',
  );
  if (statement !== undefined) checks.describe({ predicateType: statement.predicateType });
}

/** Looks, and believes nothing: it only chooses which verifier is asked. */
function carriesKeychain(envelope: Envelope): boolean {
  try {
    const value = parseStrictJson(envelope.payload, {
      bytesMax: FOREIGN_STATEMENT_BYTES_MAX,
      depthMax: STATEMENT_DEPTH_MAX,
    });
    return isJsonObject(value) && isJsonObject(value.predicate) && value.predicate.keychain !== undefined;
  } catch {
    return false;
  }
}
