// Words of a text as the lexical part compares them: lower case, without endings, without words that say nothing. Pure.

/** English words too common to tell cards apart. */
const EMPTY_WORDS = new Set(
  (
    'a an the of to in on for and or is are be was were been with my our your i it this that these those what which who whom ' +
    'how do does did can could will would should may might must from at by me we you not no so as if they he she has have ' +
    'had into than then there their them its his her us am about any some one please'
  ).split(' '),
);

/** Endings cut off, longest first. Crude on purpose: both sides are cut alike. */
const ENDING = /(?:ations?|ings?|ers?|ed|es|ly|s|e)$/;
/** A word keeps at least this many letters. */
const STEM_MIN = 3;
/** Letters compared: longer words differ before that. */
const STEM_MAX = 16;
/** Distinct words taken from one text. */
export const WORDS_MAX = 160;

/** Distinct stems of a text, in order of appearance; at most WORDS_MAX. */
export function wordsOf(text: string): string[] {
  const out = new Set<string>();
  for (const word of text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? []) {
    if (EMPTY_WORDS.has(word)) continue;
    out.add(stem(word));
    if (out.size === WORDS_MAX) break;
  }
  return [...out];
}

function stem(word: string): string {
  const cut = word.replace(ENDING, '');
  return (cut.length >= STEM_MIN ? cut : word).slice(0, STEM_MAX);
}
