// What stops things on the API has a budget of its own for each token: also who has asked for too much can take back what it began.

import assert from 'node:assert/strict';
import { OPERATIONS } from '../../../node/api/operations.ts';
import { makeApi } from '../../../node/api/server.ts';
import { systemClock } from '../../../node/clock/index.ts';
import { AUTHORIZED, apiAlone } from '../../support/api-alone.ts';

/** Requests after which a token is over its rate of one a second, whatever the machine does meanwhile. */
const ASKED_MAX = 10_000;

describe('a token over its rate', () => {
  it('still cancels, revokes, orders a quarantine and goes back to an earlier policy, and does nothing else', async () => {
    const clock = { ...systemClock, now: () => 1_000_000 };
    const app = await makeApi(apiAlone({ clock, requestsPerSecond: 3 }));
    const ask = async (method: 'GET' | 'POST', url: string) =>
      (await app.inject({ method, url, headers: AUTHORIZED })).statusCode;
    let asked = 0;
    while ((await ask('GET', '/v1/node')) === 200 && asked < ASKED_MAX) asked += 1;
    assert.ok(asked < ASKED_MAX);
    const served = [];
    for (const { id, method, path } of OPERATIONS)
      if ((await ask(method, path.replaceAll(/:\w+/g, 'x'))) === 200) served.push(id);
    assert.deepEqual(served.sort(), [
      'cards.revoke',
      'policy.rollback',
      'provenance.revoke',
      'quarantine.order',
      'tasks.cancel',
      'tokens.revoke',
    ]);
    await app.close();
  });
});
