// in-toto Statement v1, as far as we read it.

import type { JsonObject } from '../json/index.ts';

export const STATEMENT_PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
/** Still written by older tools; same members. Read, never written. */
export const STATEMENT_TYPE_V01 = 'https://in-toto.io/Statement/v0.1';

/** Algorithm name to lower-case hexadecimal. */
export type DigestSet = { [algorithm: string]: string };

/** What a statement is about. */
export type Subject = { name?: string; uri?: string; digest: DigestSet };

/** A statement: these subjects, and this claim of this type about them. */
export type Statement<P = JsonObject> = {
  _type: typeof STATEMENT_TYPE | typeof STATEMENT_TYPE_V01;
  subject: Subject[];
  predicateType: string;
  predicate: P;
};
