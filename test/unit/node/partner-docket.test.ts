// Answers are judged again when more of their log is seen, whoever shows it, and what is kept for that is bounded.

import assert from 'node:assert/strict';
import type { PartnerEnd } from '../../../node/partners/ask-partner.ts';
import { Docket } from '../../../node/partners/docket.ts';
import type { Judgement } from '../../../node/partners/judge.ts';
import { SEEN_BYTES_MAX } from '../../../node/partners/limits.ts';
import type { VerifiedRow } from '../../../protocol/provenance/index.ts';
import type { Verified } from '../../../protocol/verified.ts';

const LOG = 'log-of-one';

function row(
  index: number,
  body: Uint8Array | null = new Uint8Array(1),
  origin = LOG,
): Verified<VerifiedRow> {
  return { row: { origin, index, record: new Uint8Array(1), body } } as Verified<VerifiedRow>;
}

/** A docket whose judge calls an answer a lie once `liesBy` rows are seen, and tells of each look. */
function docket(liesBy = Number.POSITIVE_INFINITY) {
  const looks: number[][] = [];
  const verdicts: string[] = [];
  const made = new Docket({
    keepers: new Map([[LOG, 'one']]),
    judge: {
      omissions: async (_, rows): Promise<Judgement> => {
        const seen = [...rows].map(({ row: { index } }) => index);
        looks.push(seen);
        return { verdict: seen.length >= liesBy ? 'lied' : 'sound', detail: '' };
      },
    },
    onVerdict: async (_, { verdict }) => void verdicts.push(verdict),
  });
  return { made, looks, verdicts };
}

const END = { finished: { answer: { origin: LOG } } } as PartnerEnd;

describe('answers to one question', () => {
  it('are judged again when more of their log is seen, and not otherwise; a lie is told once', async () => {
    const { made, looks, verdicts } = docket(2);
    made.see('one', row(0));
    await made.judge(END);
    made.see('two', row(0));
    made.see('two', row(7, undefined, 'log-of-nobody-asked'));
    await made.judgeAgain();
    assert.deepEqual(looks, [[0]], 'nothing new');
    made.see('two', row(1));
    await made.judgeAgain();
    made.see('two', row(2));
    await made.judgeAgain();
    assert.deepEqual(looks, [[0], [0, 1]]);
    assert.deepEqual(verdicts, ['sound', 'lied']);
  });

  it('are judged again where a body comes for a row that had none', async () => {
    const { made, looks } = docket();
    made.see('local', row(0, null));
    await made.judge(END);
    made.see('two', row(0));
    await made.judgeAgain();
    assert.equal(looks.length, 2);
  });

  it('are judged again after they are judged, when that is asked for meanwhile', async () => {
    const { made, verdicts } = docket(1);
    const judged = made.judge(END);
    await Promise.resolve();
    await Promise.resolve();
    made.see('two', row(0));
    await Promise.all([judged, made.judgeAgain()]);
    assert.equal(verdicts.at(-1), 'lied');
  });

  it('are judged by so many bytes and no more; who keeps the log cannot use up the room of the others', async () => {
    const { made, looks } = docket();
    made.see('one', row(0, new Uint8Array(SEEN_BYTES_MAX - 1)));
    made.see('one', row(1));
    made.see('two', row(2));
    await made.judge(END);
    assert.deepEqual(looks, [[0, 2]]);
  });
});
