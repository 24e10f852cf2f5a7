// Policies that begin together: not before their start, not before enough have acknowledged; who missed it stands closed until it has it.

import assert from 'node:assert/strict';
import { createLogger } from '../../../node/logger/index.ts';
import { PolicyEpochs, type PolicyService } from '../../../node/policy/index.ts';
import { toHex } from '../../../protocol/bytes/index.ts';
import { digestOfContentId, type Envelope, envelopeId } from '../../../protocol/envelope/index.ts';
import { POLICY_EARLY_MAX } from '../../../protocol/policy/index.ts';
import {
  type AgentStatement,
  DECISION_PREDICATE,
  signAgentStatement,
  verifyAgentStatement,
} from '../../../protocol/statement/index.ts';
import { makeAgent, refused, seed } from '../../support/agents.ts';
import { keyOf, signedBundle } from '../../support/policies.ts';
import { findQuestion, onlyAgent, PolicyDesk } from '../../support/policy-desk.ts';

const [ANNA, BERTA] = [makeAgent(10), makeAgent(40)];
const SEEDS = { [ANNA.agentId]: seed(12), [BERTA.agentId]: seed(42) };
const members = { agents: [ANNA.agentId, BERTA.agentId], threshold: 2 };
const first = signedBundle({ members });
const second = signedBundle({
  sequence: 2,
  members,
  issuedAt: '2026-03-02T00:00:00Z',
  startsAt: '2026-03-02T01:00:00Z',
  policies: onlyAgent('b'),
});
const SIGNERS = [keyOf(1)];
const BOUNDARY = Date.parse('2026-03-02T01:00:00Z');

/** Nodes that hear each other's logs at once. */
class Logs {
  readonly said: Envelope[] = [];
  failure: Error | undefined;
  readonly #epochs: PolicyEpochs[] = [];

  epochs(policy: PolicyService, desk: PolicyDesk, agent?: typeof ANNA): PolicyEpochs {
    const epochs = new PolicyEpochs({
      bundles: policy.bundles,
      vault: {
        has: (id: string) => id === agent?.agentId,
        get: () => ({ ...agent, operationalSeed: SEEDS[agent!.agentId] }),
      } as never,
      ownLog: { append: async (envelope: Envelope) => this.#tell(envelope) } as never,
      clock: { now: () => desk.time.now, after: () => () => {} },
      log: createLogger({ level: 'silent', name: 'test' }),
    });
    for (const envelope of this.said) epochs.offer(verifyAgentStatement(envelope));
    this.#epochs.push(epochs);
    return epochs;
  }

  #tell(envelope: Envelope): void {
    if (this.failure !== undefined) throw this.failure;
    this.said.push(envelope);
    for (const epochs of this.#epochs) epochs.offer(verifyAgentStatement(envelope));
  }
}

/** What both members say of the second bundle. */
function logsOfBoth(): Envelope[] {
  const digest = `sha256:${toHex(digestOfContentId(envelopeId(second)))}`;
  return [ANNA, BERTA].map((agent) =>
    signAgentStatement({
      predicateType: DECISION_PREDICATE,
      predicate: {
        issuedAt: '2026-03-02T00:00:01Z',
        action: 'policy.acknowledge',
        resource: { name: 'policy 2 from 2026-03-02T01:00:00Z', digest },
        verdict: 'allow',
        tier: 'safe',
        degraded: false,
        asOf: null,
        policyDigest: digest,
        reasons: [{ check: 'bundle', ok: true, detail: 'here' }],
        evidence: [],
      },
      keychain: agent.keychain,
      signer: agent.operational,
    }),
  );
}

interface Said {
  readonly predicate: { readonly resource: { readonly name: string; readonly digest: string } };
}

/** The same statement with other words. */
function changed(of: AgentStatement, change: object): AgentStatement {
  const { predicate } = of.statement as unknown as Said;
  return {
    ...of,
    statement: { ...of.statement, predicate: { ...predicate, ...change } },
  } as unknown as AgentStatement;
}

describe('node/policy: epochs', () => {
  it('begin at the boundary with enough acknowledgements, and close whoever missed it', async () => {
    using one = new PolicyDesk();
    using other = new PolicyDesk();
    using late = new PolicyDesk();
    const logs = new Logs();
    await one.run(
      (a) =>
        other.run(
          (b) =>
            late.run(async (c) => {
              const at = (now: number) => {
                for (const desk of [one, other, late]) desk.time.now = now;
              };
              const [anna, berta, missed] = [
                logs.epochs(a, one, ANNA),
                logs.epochs(b, other, BERTA),
                logs.epochs(c, late),
              ];
              for (const policy of [a, b, c]) await policy.bundles.apply([first]);
              const asked = (policy: PolicyService) =>
                [policy.bundles.active.sequence, policy.judge(findQuestion('a')).allow] as const;

              await a.bundles.apply([second]);
              await anna.turn();
              assert.deepEqual(
                [asked(a), anna.standing().state, logs.said.length],
                [[1, true], 'waiting', 1],
              );
              await anna.turn();
              assert.equal(logs.said.length, 1, 'said once');

              at(BOUNDARY);
              for (const epochs of [anna, missed]) await epochs.turn();
              assert.deepEqual(
                [asked(a), asked(c)],
                [
                  [1, true],
                  [1, true],
                ],
                'one of two is not enough',
              );

              at(BOUNDARY - 1_000);
              await b.bundles.apply([second]);
              for (const epochs of [berta, anna, missed]) await epochs.turn();
              assert.deepEqual(
                [asked(a), asked(b), asked(c)],
                [
                  [1, true],
                  [1, true],
                  [1, true],
                ],
                'not before',
              );

              at(BOUNDARY);
              for (const epochs of [berta, anna, missed]) await epochs.turn();
              assert.deepEqual(
                [asked(a), asked(b)],
                [
                  [2, false],
                  [2, false],
                ],
              );
              assert.deepEqual([c.bundles.behind?.sequence, asked(c)[1]], [2, false]);
              assert.match(c.judge(findQuestion('b')).detail, /has not got/);
              const peer = {
                ...findQuestion('b'),
                kind: 'peer' as const,
                context: { purpose: 'connect', direction: 'inbound' },
              };
              assert.equal(
                c.judge({
                  ...peer,
                  principal: {
                    type: 'Peer',
                    id: 'p',
                    facts: { name: '', region: '', roles: [], known: true },
                  },
                  resource: peer.principal,
                }).allow,
                true,
              );

              await c.bundles.apply([second]);
              await missed.turn();
              assert.deepEqual([c.bundles.behind, asked(c)], [null, [2, false]]);
              assert.deepEqual(
                c.bundles.history(9).switches.map(({ action }) => action),
                ['apply', 'apply'],
              );
              assert.deepEqual(
                a.bundles.history(9).switches.map(({ action, from, to }) => [action, from, to]),
                [
                  ['begin', 1, 2],
                  ['stage', 1, 2],
                  ['apply', 0, 1],
                ],
              );
            }, SIGNERS),
          SIGNERS,
        ),
      SIGNERS,
    );
  });

  it('what waits survives a restart; going back drops it, and its keys sign nothing before it begins', async () => {
    using desk = new PolicyDesk();
    const handed = signedBundle(
      {
        sequence: 2,
        startsAt: '2026-03-02T01:00:00Z',
        issuedAt: '2026-03-02T00:00:00Z',
        signers: { keys: [keyOf(2)], threshold: 1 },
      },
      [1, 2],
    );
    await desk.run(async (policy) => {
      await policy.bundles.apply([signedBundle()]);
      await policy.bundles.apply([handed]);
    }, SIGNERS);
    await desk.run(async (policy) => {
      assert.deepEqual([policy.bundles.active.sequence, policy.bundles.staged?.sequence], [1, 2]);
      const byNext = signedBundle({ sequence: 3, signers: { keys: [keyOf(2)], threshold: 1 } }, [2]);
      await assert.rejects(policy.bundles.apply([byNext]), refused('SIGNATURE_INVALID'));
      const epochs = new Logs().epochs(policy, desk);
      desk.time.now = BOUNDARY - 1;
      await epochs.turn();
      assert.equal(policy.bundles.active.sequence, 1);
      desk.time.now = BOUNDARY;
      await epochs.turn();
      assert.deepEqual([policy.bundles.active.sequence, policy.bundles.staged], [2, null]);
      await assert.rejects(
        policy.bundles.apply([signedBundle({ sequence: 3 }, [1])]),
        refused('SIGNATURE_INVALID'),
      );
      await policy.bundles.apply([byNext]);
    }, SIGNERS);
    using again = new PolicyDesk();
    await again.run(async (policy) => {
      await policy.bundles.apply([signedBundle()]);
      await policy.bundles.apply([handed]);
      await policy.bundles.rollback(0, 'not now');
      assert.equal(policy.bundles.staged, null);
      again.time.now = BOUNDARY;
      const epochs = new Logs().epochs(policy, again);
      await epochs.turn();
      assert.equal(policy.bundles.active.sequence, 0);
    }, SIGNERS);
  });

  it('what has begun needs no acknowledgement to come back after a step back', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const logs = new Logs();
      const anna = logs.epochs(policy, desk, ANNA);
      await policy.bundles.apply([first]);
      for (const envelope of logsOfBoth()) anna.offer(verifyAgentStatement(envelope));
      await policy.bundles.apply([second]);
      desk.time.now = BOUNDARY;
      await anna.turn();
      assert.equal(policy.bundles.active.sequence, 2);
      await policy.bundles.rollback(1, 'it was wrong');
      await anna.turn();
      assert.equal((await policy.bundles.apply([second])).sequence, 2);
      assert.equal(policy.bundles.staged, null);
    }, SIGNERS);
  });

  it('counts what was acknowledged before the bundle that names who does was here', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const late = new Logs().epochs(policy, desk);
      for (const envelope of logsOfBoth()) late.offer(verifyAgentStatement(envelope));
      desk.time.now = BOUNDARY;
      await policy.bundles.apply([first]);
      await late.turn();
      assert.equal(policy.bundles.behind?.sequence, 2, 'the others have begun with what is not here');
    }, SIGNERS);
    using flooded = new PolicyDesk();
    await flooded.run(async (policy) => {
      const late = new Logs().epochs(policy, flooded);
      const [anna, berta] = logsOfBoth().map((envelope) => verifyAgentStatement(envelope));
      late.offer(anna!);
      for (let n = 0; n < POLICY_EARLY_MAX; n++)
        late.offer({ ...berta!, issuer: `zs:stranger ${n}` as never });
      late.offer(berta!);
      flooded.time.now = BOUNDARY;
      await policy.bundles.apply([first]);
      await late.turn();
      assert.equal(policy.bundles.behind, null, 'what came first gave way');
      late.offer(anna!);
      await late.turn();
      assert.equal(policy.bundles.behind?.sequence, 2);
    }, SIGNERS);
    using chained = new PolicyDesk();
    await chained.run(async (policy) => {
      const late = new Logs().epochs(policy, chained);
      for (const envelope of logsOfBoth()) late.offer(verifyAgentStatement(envelope));
      chained.time.now = BOUNDARY;
      await policy.bundles.apply([first, second]);
      assert.deepEqual([policy.bundles.active.sequence, policy.bundles.staged], [2, null]);
    }, SIGNERS);
  });

  it('is not begun with before it is acknowledged, however late it is applied, and whatever else is said of it', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const epochs = new Logs().epochs(policy, desk);
      await policy.bundles.apply([first]);
      desk.time.now = BOUNDARY + 1;
      await policy.bundles.apply([second]);
      for (const said of logsOfBoth().map((envelope) => verifyAgentStatement(envelope)))
        for (const change of [{ verdict: 'deny' }, { action: 'policy.refuse' }] as const)
          epochs.offer(changed(said, change));
      await epochs.turn();
      assert.deepEqual([policy.bundles.active.sequence, epochs.standing().state], [1, 'waiting']);
      for (const envelope of logsOfBoth()) epochs.offer(verifyAgentStatement(envelope));
      await epochs.start();
      await epochs.stop();
      assert.equal(policy.bundles.active.sequence, 2, 'a start looks before it is ready');
    }, SIGNERS);
  });

  it('one member pushes out no other’s word, whatever it says', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const epochs = new Logs().epochs(policy, desk);
      await policy.bundles.apply([signedBundle({ members: { ...members, threshold: 1 } })]);
      await policy.bundles.apply([second]);
      const [anna, berta] = logsOfBoth().map((envelope) => verifyAgentStatement(envelope));
      for (const one of [anna!, berta!]) epochs.offer(one);
      assert.equal(epochs.acknowledgedBy().length, 2);
      for (let n = 0; n < 100; n++) {
        const name = `policy ${3 + n} from 2027-01-01T00:00:00Z`;
        const { resource } = (berta!.statement as unknown as Said).predicate;
        epochs.offer(changed(berta!, { resource: { ...resource, name } }));
      }
      assert.deepEqual(epochs.acknowledgedBy(), [ANNA.agentId], 'but its own');
      desk.time.now = BOUNDARY;
      await epochs.turn();
      assert.equal(policy.bundles.active.sequence, 2);
    }, SIGNERS);
  });

  it('is acknowledged once, over restarts too, and again where the log did not take it', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const logs = new Logs();
      logs.failure = new Error('the disk is full');
      const anna = logs.epochs(policy, desk, ANNA);
      await policy.bundles.apply([first]);
      await policy.bundles.apply([second]);
      await anna.turn();
      assert.deepEqual([logs.said.length, anna.acknowledgedBy()], [0, []]);
      logs.failure = undefined;
      await anna.turn();
      assert.deepEqual([logs.said.length, anna.acknowledgedBy()], [1, [ANNA.agentId]]);
      await logs.epochs(policy, desk, ANNA).turn();
      assert.equal(logs.said.length, 1);
    }, SIGNERS);
  });

  it('the first bundle of all may have a start, and what is no bundle is refused as such', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const first = signedBundle({ issuedAt: '2026-03-02T00:00:00Z', startsAt: '2026-03-02T01:00:00Z' });
      const epochs = new Logs().epochs(policy, desk);
      await policy.bundles.apply([first]);
      assert.deepEqual([policy.bundles.active.sequence, policy.bundles.staged?.sequence], [0, 1]);
      desk.time.now = BOUNDARY;
      await epochs.turn();
      assert.equal(policy.bundles.active.sequence, 1);
      const nothing = { ...first, payload: new TextEncoder().encode('null') };
      await assert.rejects(policy.bundles.apply([nothing]), refused('SIGNATURE_INVALID'));
    }, SIGNERS);
  });
});
