// WordPiece tokenizer of BERT models (uncased), from the lines of their vocab.txt. For the ONNX adapter.
// Devlin et al., 2018; Schuster and Nakajima, 2012.

/** Longer words become the unknown token, as in the reference. */
const WORD_LETTERS_MAX = 100;

/** Gives token ids with the start and end marks, at most `tokensMax` of them. */
export function wordPiece(vocabulary: string): (text: string, tokensMax: number) => number[] {
  const ids = new Map(vocabulary.split(/\r?\n/).map((piece, id) => [piece, id]));
  const special = (piece: string): number => ids.get(piece) ?? 0;
  const [start, end, unknown] = [special('[CLS]'), special('[SEP]'), special('[UNK]')];
  const pieces = (word: string): number[] => {
    const out: number[] = [];
    for (let from = 0; from < word.length; ) {
      let to = word.length;
      let id: number | undefined;
      for (; to > from; to--) {
        id = ids.get((from === 0 ? '' : '##') + word.slice(from, to));
        if (id !== undefined) break;
      }
      if (id === undefined || word.length > WORD_LETTERS_MAX) return [unknown];
      out.push(id);
      from = to;
    }
    return out;
  };
  return (text, tokensMax) => {
    const plain = text
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '')
      .toLowerCase();
    const words = plain.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];
    return [start, ...words.flatMap(pieces).slice(0, tokensMax - 2), end];
  };
}
