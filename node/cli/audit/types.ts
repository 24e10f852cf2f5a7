// What an audit of a foreign document says before anything is done with it.

/** One document. */
export interface Audit {
  readonly file: string;
  readonly kind: string;
  readonly name: string;
  /** What would be joined to the network: agents, capabilities, artifacts, statements. */
  readonly joins: readonly string[];
  /** What the network wants and the document does not say. */
  readonly missing: readonly string[];
  /** What a careful person looks at first. */
  readonly risks: readonly string[];
  /** What to do next. */
  readonly next: string;
  /** Digests that it speaks of, as provenance knows things: `sha256:…`. */
  readonly digests: readonly string[];
  /** A card draft for the agent that it describes. */
  readonly draft?: object;
}

/** Entries of one list that are shown; the rest is counted. */
const SHOWN_MAX = 20;

/** At most so many entries, and how many more there are. */
export function shortened(lines: readonly string[]): string[] {
  return lines.length <= SHOWN_MAX
    ? [...lines]
    : [...lines.slice(0, SHOWN_MAX), `and ${lines.length - SHOWN_MAX} more`];
}
