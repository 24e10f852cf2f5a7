// Bounds of what partners agree on and show each other.

/** Bytes of a signed document between partners: a keychain of at most 16 roots, and a scope of the size below. */
export const PARTNER_DOCUMENT_BYTES_MAX = 65_536;

/** Peers that may speak for one partner: the nodes of an organisation that serve others. */
export const PASS_PEERS_MAX = 16;

/** Rules of one scope: a rule for each kind of statement that an organisation makes, with room. */
export const SCOPE_RULES_MAX = 64;

/** Patterns of each list of a rule. */
export const SCOPE_PATTERNS_MAX = 64;

/** Characters of a pattern or a path: as long as the longest predicate type and subject name. */
export const SCOPE_TEXT_CHARS_MAX = 1_024;

/** Queries a minute, rows a query and bytes a minute that an agreement may grant; what a node really serves its own budgets bound. */
export const QUERIES_PER_MINUTE_MAX = 60_000;
export const ROWS_PER_QUERY_MAX = 10_000;
export const BYTES_PER_MINUTE_MAX = 1_073_741_824;

/** Longest agreement and pass, in milliseconds: two years. What nobody renews ends. */
export const AGREEMENT_MS_MAX = 63_072_000_000;

/** Digests come in multiples of this: how many parts a statement has tells what it is. The rest are random. */
export const DISCLOSURES_STEP = 8;

/** Bytes of a salt: 128 bits, so that no value can be guessed from its digest. */
export const DISCLOSURE_SALT_BYTES = 16;

/** Characters of a path into a statement. */
export const PATH_CHARS_MAX = 1_024;

/** Positions that one answer lists, as many as it may have rows. */
export const ANSWER_INDEXES_MAX: number = ROWS_PER_QUERY_MAX;

/** Bytes of a signed answer: its positions, up to 16 digits each, and a little more. */
export const ANSWER_BYTES_MAX: number = ANSWER_INDEXES_MAX * 17 + 4_096;

/** Entries that lead from a question to the one left out: a walk of the longest depth, and two statements about statements. */
export const VIA_MAX = 10;

/** Bytes of a file of evidence against a partner: a request, an answer, and what was left out with the way there, in base64. Statements of a few kilobytes fit many times; one that is larger is caught without a file. */
export const PARTNER_EVIDENCE_BYTES_MAX = 1_048_576;
