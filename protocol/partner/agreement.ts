// What binds two partners: a pass (which peers speak for an agent), an agreement (what one gives the other), and the other's consent.
// Each is signed by one agent and verifies alone; an agreement is in force with the consent to it. Pure; time is an argument.

import type { Envelope } from '../envelope/index.ts';
import { isContentId } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { Fields } from '../fields/index.ts';
import { type AgentId, requireAgentId } from '../identity/index.ts';
import type { JsonObject, JsonValue } from '../json/index.ts';
import { keyOfPeerId } from '../log/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import {
  type AgentDocument,
  type DocumentAuthor,
  type DocumentKind,
  readEnd,
  signDocument,
  verifyDocument,
} from './document.ts';
import {
  BYTES_PER_MINUTE_MAX,
  PASS_PEERS_MAX,
  QUERIES_PER_MINUTE_MAX,
  ROWS_PER_QUERY_MAX,
} from './limits.ts';
import { readScope, type Scope, scopeToJson } from './scope.ts';

export const PASS_TYPE = 'application/vnd.zerostate.partner-pass+json';
export const AGREEMENT_TYPE = 'application/vnd.zerostate.partner-agreement+json';
export const CONSENT_TYPE = 'application/vnd.zerostate.partner-consent+json';

/** What a partner may ask for. */
export interface PartnerBudget {
  readonly queriesPerMinute: number;
  readonly rowsPerQuery: number;
  readonly bytesPerMinute: number;
}

/** Which peers speak for an agent. */
export interface PassTerms {
  readonly peers: readonly string[];
  /** Network in which they do. */
  readonly network: string;
  readonly notAfterMs: number;
}

/** What the signer gives the grantee. */
export interface AgreementTerms {
  readonly grantee: AgentId;
  /** Grows with each agreement of the same two; an older one is refused. */
  readonly sequence: number;
  readonly notAfterMs: number;
  readonly scope: Scope;
  readonly budget: PartnerBudget;
}

/** The grantee's word that it knows the agreement and keeps to it. */
export interface ConsentTerms {
  /** Content id of the agreement. */
  readonly agreement: string;
  readonly grantor: AgentId;
}

export type Pass = PassTerms & AgentDocument;
export type Agreement = AgreementTerms & AgentDocument;
export type Consent = ConsentTerms & AgentDocument;

const NETWORK = { max: 32, pattern: /^[a-z0-9-]+$/ };

function readPeer(value: JsonValue, where: string): string {
  if (typeof value !== 'string') throw new ZeroError('DECODE_FAILED', `${where} is not a peer id`);
  keyOfPeerId(value);
  return value;
}

function readBudget(value: JsonValue): PartnerBudget {
  const fields = new Fields(value, 'agreement.budget', [
    'queriesPerMinute',
    'rowsPerQuery',
    'bytesPerMinute',
  ]);
  return {
    queriesPerMinute: fields.integer('queriesPerMinute', 0, QUERIES_PER_MINUTE_MAX),
    rowsPerQuery: fields.integer('rowsPerQuery', 0, ROWS_PER_QUERY_MAX),
    bytesPerMinute: fields.integer('bytesPerMinute', 0, BYTES_PER_MINUTE_MAX),
  };
}

const PASS: DocumentKind<PassTerms> = {
  payloadType: PASS_TYPE,
  type: 'PartnerPass',
  members: ['peers', 'network', 'notAfterMs'],
  read: (fields) => ({
    peers: fields.list('peers', { min: 1, max: PASS_PEERS_MAX }, readPeer),
    network: fields.text('network', NETWORK),
    notAfterMs: readEnd(fields),
  }),
};

const AGREEMENT: DocumentKind<AgreementTerms> = {
  payloadType: AGREEMENT_TYPE,
  type: 'PartnerAgreement',
  members: ['grantee', 'sequence', 'notAfterMs', 'scope', 'budget'],
  read: (fields) => ({
    grantee: requireAgentId(fields.raw('grantee'), 'agreement.grantee'),
    sequence: fields.integer('sequence', 1),
    notAfterMs: readEnd(fields),
    scope: readScope(fields.raw('scope'), 'agreement.scope'),
    budget: readBudget(fields.raw('budget')),
  }),
};

const CONSENT: DocumentKind<ConsentTerms> = {
  payloadType: CONSENT_TYPE,
  type: 'PartnerConsent',
  members: ['agreement', 'grantor'],
  read: (fields) => {
    const agreement = fields.text('agreement', { max: 59 });
    if (!isContentId(agreement)) fields.refuse('agreement', 'is not a content id');
    return { agreement, grantor: requireAgentId(fields.raw('grantor'), 'consent.grantor') };
  },
};

/** Signs a pass. */
export function signPass(author: DocumentAuthor, terms: PassTerms, now: number): Envelope {
  const { peers, network, notAfterMs } = terms;
  return signDocument(PASS, author, { peers: [...peers], network, notAfterMs }, now);
}

/** Signs an agreement: what the author gives the grantee. */
export function signAgreement(author: DocumentAuthor, terms: AgreementTerms, now: number): Envelope {
  const { grantee, sequence, notAfterMs, scope, budget } = terms;
  const members = {
    grantee,
    sequence,
    notAfterMs,
    scope: scopeToJson(scope),
    budget: { ...budget } as JsonObject,
  };
  return signDocument(AGREEMENT, author, members, now);
}

/** Signs the grantee's consent to an agreement. Throws AGREEMENT_INVALID when it is another's. */
export function signConsent(author: DocumentAuthor, agreement: Agreement, now: number): Envelope {
  if (agreement.grantee !== author.agentId)
    throw new ZeroError('AGREEMENT_INVALID', 'the agreement is with another agent');
  return signDocument(CONSENT, author, { agreement: agreement.id, grantor: agreement.agent }, now);
}

function requireTime(what: string, document: { issuedAtMs: number; notAfterMs: number }, now: number): void {
  if (now > document.notAfterMs)
    throw new ZeroError('AGREEMENT_INVALID', `the ${what} has ended`, {
      details: { notAfterMs: document.notAfterMs },
    });
}

/** Verifies a pass: `peer` is who the connection proved the other side to be. Throws AGREEMENT_INVALID or as verifyDocument. */
export function verifyPass(
  input: Envelope | Uint8Array,
  expected: { readonly peer: string; readonly network: string; readonly now: number },
): Verified<Pass> {
  const pass = verifyDocument(PASS, input);
  requireTime('pass', pass, expected.now);
  if (pass.network !== expected.network)
    throw new ZeroError('AGREEMENT_INVALID', 'the pass is of another network');
  if (!pass.peers.includes(expected.peer))
    throw new ZeroError('AGREEMENT_INVALID', `the pass does not name the peer ${expected.peer}`);
  return markVerified(pass);
}

/** Verifies an agreement and its time. Who the parties have to be is the caller's to compare. Errors as verifyPass. */
export function verifyAgreement(input: Envelope | Uint8Array, now: number): Verified<Agreement> {
  const agreement = verifyDocument(AGREEMENT, input);
  requireTime('agreement', agreement, now);
  return markVerified(agreement);
}

/** Verifies the consent to an agreement. Errors as verifyPass. */
export function verifyConsent(
  input: Envelope | Uint8Array,
  agreement: Verified<Agreement>,
): Verified<Consent> {
  const consent = verifyDocument(CONSENT, input);
  if (
    consent.agreement !== agreement.id ||
    consent.grantor !== agreement.agent ||
    consent.agent !== agreement.grantee
  )
    throw new ZeroError('AGREEMENT_INVALID', 'the consent is to another agreement, or of another agent');
  return markVerified(consent);
}
