// Bounds of policies and of the decisions made under them.

/** Cedar files of one bundle: one for each kind of decision, and room to sort them by team. */
export const POLICY_FILES_MAX = 64;

/** Characters of one Cedar file; the largest published example sets have a quarter of it. */
export const POLICY_FILE_CHARS_MAX = 65_536;

/** Bytes of a bundle's payload. Parsing this much takes Cedar about a second. */
export const POLICY_BUNDLE_BYTES_MAX = 524_288;

/** Single policies of one bundle: a decision looks at each of its kind. */
export const POLICIES_MAX = 512;

/** Keys that may sign the next bundle. */
export const POLICY_KEYS_MAX = 16;

/** Bundles of one file, from the one a node has to the newest: a rotation of keys each month for five years. */
export const POLICY_CHAIN_MAX = 64;

/** Bytes of a file of bundles. */
export const POLICY_FILE_BYTES_MAX = 16_777_216;

/** Milliseconds that the clock of who signed may be ahead of ours. */
export const POLICY_CLOCK_TOLERANCE_MS = 600_000;

/** Candidates whose facts one decision record keeps; the others are counted. What a person reads, and enough to replay the choice. */
export const CANDIDATES_MAX = 64;

/** Bytes of one decision record: 64 candidates of 1 kB. Candidates that do not fit are counted, those chosen are kept first. */
export const DECISION_BYTES_MAX = 65_536;

/** Statement ids that bear out one candidate. */
export const CANDIDATE_EVIDENCE_MAX = 16;

/** Agents whose acknowledgements a bundle asks for: the operators of a fleet, or one agent for each of its sites. */
export const POLICY_MEMBERS_MAX = 64;

/** Milliseconds between the signing of a bundle and its start: a month; what is further off is signed later. */
export const POLICY_STAGED_MS_MAX = 31 * 86_400_000;

/** Bundles whose acknowledgements by one agent are remembered: one waits at a time. Those with the lowest numbers give way. */
export const POLICY_EPOCHS_MAX = 8;

/** Acknowledgements remembered of agents that no bundle here names yet, some 200 bytes each; the oldest give way. */
export const POLICY_EARLY_MAX = 1_024;
