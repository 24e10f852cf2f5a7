// Ids may be shortened to their end, and things called by their name, as long as only one is meant.

import { ZeroError } from '../../protocol/errors/index.ts';

/** Characters of an id that are too few to mean one thing: they would match by chance. */
const ENDING_CHARS_MIN = 4;
/** Ids that are listed when several are meant. */
const LISTED_MAX = 5;

/** Something that is called by an id and perhaps a name. */
export interface Called {
  readonly id: string;
  readonly name?: string;
}

/**
 * The id that is meant: in full, by its end, or by name. Undefined when none is.
 * Throws USAGE naming the candidates when several are.
 */
export function idOf(text: string, things: readonly Called[]): string | undefined {
  if (things.some(({ id }) => id === text)) return text;
  const wanted = text.toLowerCase();
  const meant = [
    ...new Set(
      things
        .filter(
          ({ id, name }) =>
            (text.length >= ENDING_CHARS_MIN && id.endsWith(text)) || name?.toLowerCase() === wanted,
        )
        .map(({ id }) => id),
    ),
  ];
  if (meant.length <= 1) return meant[0];
  const more = meant.length > LISTED_MAX ? ` and ${meant.length - LISTED_MAX} more` : '';
  throw new ZeroError('USAGE', `${text} is ambiguous: ${meant.slice(0, LISTED_MAX).join(', ')}${more}`, {
    hint: 'Give more of the id: its end, as long as it takes to mean one.',
  });
}
