// Gossip scores follow from the expected rate: good behaviour earns a bounded sum, three invalid messages outweigh it.

import assert from 'node:assert/strict';
import { gossipOptions, topicScore } from '../../../node/gossip/options.ts';
import { topicsOf } from '../../../node/gossip/topics.ts';

const options = gossipOptions({
  topics: topicsOf('test'),
  messageId: (data) => data,
  isPenalized: (peer) => peer === 'bad',
});

/** Score of one topic after `seconds` of delivering a mesh peer's share first, and then some invalid messages. */
function score(perSecond: number, seconds: number, invalid: number): number {
  const topic = topicScore(perSecond);
  let first = 0;
  for (let i = 0; i < seconds; i++)
    first = Math.min(
      topic.firstMessageDeliveriesCap,
      (first + perSecond / 6) * topic.firstMessageDeliveriesDecay,
    );
  return (
    first * topic.firstMessageDeliveriesWeight +
    Math.min(seconds, topic.timeInMeshCap) * topic.timeInMeshWeight +
    invalid ** 2 * topic.invalidMessageDeliveriesWeight
  );
}

describe('gossip scores', () => {
  for (const perSecond of [0.01, 1, 5, 100]) {
    it(`a peer that delivers its share of ${perSecond} messages a second earns at most 30 and loses it to three invalid ones`, () => {
      const earned = score(perSecond, 3_600, 0);
      assert.ok(earned > 0 && earned <= 30, String(earned));
      assert.ok(score(perSecond, 3_600, 3) < options.scoreThresholds!.graylistThreshold!);
      assert.ok(score(perSecond, 3_600, 1) > options.scoreThresholds!.graylistThreshold!, 'one is forgiven');
    });
  }

  it('silence costs nothing on quiet topics, and who is shut out is graylisted at once', () => {
    const quiet = topicScore(0.01);
    assert.equal(quiet.meshMessageDeliveriesWeight, 0);
    assert.equal(quiet.meshFailurePenaltyWeight, 0);
    const { appSpecificScore, appSpecificWeight, topicScoreCap } = options.scoreParams!;
    const best = topicScoreCap! + appSpecificScore!('bad') * appSpecificWeight!;
    assert.ok(best < options.scoreThresholds!.graylistThreshold!);
    assert.equal(appSpecificScore!('good'), 0);
  });
});
