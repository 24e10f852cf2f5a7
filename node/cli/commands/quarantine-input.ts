// Reads what people type for a quarantine order, so that a slip is named by the option it was made in. Must not ask the node anything.

import { contentIdOf, isContentId } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { isAgentId } from '../../../protocol/identity/index.ts';
import { QUARANTINE_MS_MAX } from '../../../protocol/statement/index.ts';

/** The longest order, in hours as the option has them: the network takes none that is longer. */
const HOURS_MAX = QUARANTINE_MS_MAX / 3_600_000;
/** As the id of a node of this network looks: its Ed25519 key in base58. The node that signs looks into it. */
const PEER_ID = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/;

/** As "zerostate wasm inspect", receipts and images name a module. */
const DIGEST = /^sha256:([0-9a-f]{64})$/;

/** What people typed, as the options hold it. */
export interface Typed {
  readonly peer?: readonly string[];
  readonly module?: readonly string[];
  readonly partner?: readonly string[];
  readonly evidence?: readonly string[];
  readonly releaseBy?: readonly string[];
  readonly threshold?: number;
  readonly hours?: number;
}

/** A module as an order names it, of a content id or a SHA-256 digest; anything else as it came. */
export function moduleOf(text: string): string {
  const hex = DIGEST.exec(text)?.[1];
  return hex === undefined ? text : contentIdOf(Buffer.from(hex, 'hex'));
}

/** Throws USAGE for the first that is nothing of its kind. */
export function checkTyped(typed: Typed): void {
  const { evidence = [], hours = 1, module = [], partner = [], peer = [], releaseBy, threshold = 1 } = typed;
  const all = (
    option: string,
    values: readonly string[],
    isGood: (text: string) => boolean,
    hint: string,
  ) => {
    for (const value of values)
      if (!isGood(value)) throw new ZeroError('USAGE', `--${option} ${value}: this is not one`, { hint });
  };
  all(
    'peer',
    peer,
    (text) => PEER_ID.test(text),
    'The id of a node begins with 12D3KooW and has 52 characters: "zerostate peers" shows them.',
  );
  all(
    'module',
    module,
    (text) => isContentId(moduleOf(text)),
    'A module is named by its content id (bafkrei…) or its digest (sha256:…): "zerostate receipt list --json" and "zerostate wasm inspect" print the digest.',
  );
  all(
    'partner',
    partner,
    isAgentId,
    'A partner is named by its agent id, which begins with zs:bafkrei: "zerostate partner list" shows it.',
  );
  all(
    'evidence',
    evidence,
    isContentId,
    'The id of a statement begins with bafkrei and has 59 characters: "zerostate receipt list" and "zerostate log show" name them.',
  );
  if (hours > HOURS_MAX)
    throw new ZeroError('USAGE', `--hours ${hours}: an order holds for ${HOURS_MAX} hours at most`, {
      hint: 'Who wants longer signs again before it ends, which shows that somebody still stands behind it.',
    });
  const releasers = releaseBy?.length ?? 1;
  if (threshold > releasers)
    throw new ZeroError('USAGE', `--threshold ${threshold}: ${releasers} may release it`, {
      hint: 'Name as many agents at least with --release-by.',
    });
}
