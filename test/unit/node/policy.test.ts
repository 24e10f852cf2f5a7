// Policies on a node: Cedar is checked before it is taken, switches are whole and survive a restart, decisions are recorded and replayed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DecisionBook } from '../../../node/policy/decision-book.ts';
import {
  CLOSED_POLICIES,
  checkQuestion,
  DEFAULT_POLICIES,
  type PolicyService,
  readCedar,
} from '../../../node/policy/index.ts';
import { BUNDLES_KEPT } from '../../../node/policy/limits.ts';
import { makeDecision } from '../../../protocol/policy/index.ts';
import { refused } from '../../support/agents.ts';
import { keyOf, PERMIT, signedBundle } from '../../support/policies.ts';
import { findQuestion, onlyAgent, PolicyDesk } from '../../support/policy-desk.ts';

describe('node/policy: Cedar', () => {
  const read = (text: string) => readCedar([{ name: 'x.cedar', text }]);

  it('names file and position of what does not parse, and the attribute that does not exist', () => {
    assert.throws(
      () => read('permit (principal, action, resource)\nwhen { contex'),
      /x\.cedar: line 2, column 1[0-9]/,
    );
    const misspelt =
      'permit (principal, action == Zerostate::Action::"find", resource) when { resource.regoin == "eu" };';
    assert.throws(() => read(misspelt), /regoin/);
    assert.throws(() => read(misspelt), refused('POLICY_INVALID'));
    assert.throws(
      () => read('permit (principal == ?principal, action, resource);'),
      refused('POLICY_INVALID'),
    );
    assert.throws(() => read(`${PERMIT.text}\n${PERMIT.text}`), /two policies have the id "all"/);
  });

  it('denies what nothing permits, what something forbids, and what cannot be asked', () => {
    const forbid =
      read(`${PERMIT.text} @id("no-b") @detail("b is banned") forbid (principal, action, resource)
      when { resource == Zerostate::Agent::"b" };`);
    assert.equal(forbid.ask(findQuestion('a')).allow, true);
    assert.deepEqual(forbid.ask(findQuestion('b')), {
      allow: false,
      policies: ['no-b'],
      errors: [],
      detail: 'forbidden by no-b: b is banned',
    });
    assert.equal(read(onlyAgent('a')[0]!.text).ask(findQuestion('b')).detail, 'no policy permits it');
    // A forbidding policy that fails would be left out: it must not let pass what it was written to stop.
    const failing =
      read(`${PERMIT.text} @id("sum") forbid (principal, action == Zerostate::Action::"find", resource)
      when { context.standing.reputation + 9223372036854775807 > 0 };`);
    const verdict = failing.ask(findQuestion('a', { reputation: 1 }));
    assert.deepEqual([verdict.allow, verdict.errors.length], [false, 1]);
  });

  it('says of one resource what it said of another with the same facts, unless a policy tells the two apart', () => {
    const about = (id: string, standing = {}) => {
      const question = findQuestion(id, standing);
      const facts = { ...question.resource.facts, name: 'same' };
      return { ...question, resource: { ...question.resource, facts } };
    };
    const no = (condition: string) =>
      `${PERMIT.text} forbid (principal, action == Zerostate::Action::"find", resource) when { ${condition} };`;
    const alike = [
      PERMIT.text,
      no('resource.region == "us"'),
      no('["us"].contains(resource.region)'),
      `${no('context.standing.proven')} forbid (principal, action == Zerostate::Action::"run", resource == Zerostate::Task::"b");`,
    ];
    for (const text of alike) {
      const policies = read(text);
      const first = policies.ask(about('a'));
      assert.equal(first.allow, true);
      assert.equal(policies.ask(about('b')), first, text);
      assert.notEqual(policies.ask(about('b', { proven: true })), first);
    }
    const apart = [
      no('resource == Zerostate::Agent::"b"'),
      no('resource in [Zerostate::Agent::"b"]'),
      no('[Zerostate::Agent::"b"].contains(resource)'),
      no('{ it: resource }.it == Zerostate::Agent::"b"'),
      no('{ ".": { left: resource } }["."].left == Zerostate::Agent::"b"'),
      no('Zerostate::Agent::"b" has region'),
      `${PERMIT.text} forbid (principal, action, resource == Zerostate::Agent::"b");`,
      `${PERMIT.text} forbid (principal, action, resource in Zerostate::Agent::"b");`,
      `${PERMIT.text} forbid (principal, action, resource is Zerostate::Agent in Zerostate::Agent::"b");`,
    ];
    for (const text of apart) {
      const policies = read(text);
      const said = ['a', 'b', 'c'].map((id) => policies.ask(about(id)).allow);
      assert.deepEqual(said, [true, false, true], text);
    }
  });

  it('sets of policies do not speak for each other, however many are asked in turn', () => {
    const sets = Array.from({ length: 12 }, (_, n) => readCedar(onlyAgent(`a-${n}`)));
    for (let round = 0; round < 3; round++)
      sets.forEach((set, n) => {
        const asked = findQuestion(`a-${n}`, { reputation: round });
        assert.equal(set.ask(asked).allow, true);
        assert.equal(set.ask(findQuestion(`a-${n + 1}`, { reputation: round })).allow, false);
      });
  });

  it('the built-in policies fail closed where it would be dangerous', () => {
    // Their types are checked here and not at each start.
    for (const { effect } of readCedar(CLOSED_POLICIES).list()) assert.match(effect, /permit|forbid/);
    const built = readCedar(DEFAULT_POLICIES);
    const find = (revocation: string, override = false) =>
      built.ask(findQuestion('a', { revocation, override })).allow;
    assert.deepEqual([find('clear'), find('unknown'), find('unknown', true)], [true, false, true]);
    assert.deepEqual([find('revoked'), find('revoked', true)], [false, false]);
    assert.equal(checkQuestion(findQuestion('a')), null);
  });
});

describe('node/policy: the example of the how-to', () => {
  it('is a policy, and does what it says', () => {
    const page = readFileSync(new URL('../../../docs/how-to/write-a-policy.md', import.meta.url), 'utf8');
    const text = /```cedar\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const policies = readCedar([{ name: 'example.cedar', text }]);
    const inRegion = (region: string) => {
      const asked = findQuestion('a');
      return policies.ask({
        ...asked,
        resource: { ...asked.resource, facts: { ...asked.resource.facts, region } },
      });
    };
    assert.equal(inRegion('eu-west').allow, true);
    assert.equal(inRegion('us-east').detail, 'forbidden by only-europe: our data stays in Europe');
  });
});

describe('node/policy: switches', () => {
  it('a node signs its own policies, goes back, and comes up again with what was in force', async () => {
    using desk = new PolicyDesk();
    await desk.run(async ({ bundles }) => {
      assert.equal(bundles.active.sequence, 0);
      await bundles.applyFiles(onlyAgent('a'), 'only a');
      await bundles.applyFiles(onlyAgent('b'), null);
      assert.equal(bundles.active.sequence, 2);
      await bundles.rollback(undefined, 'b was wrong');
      assert.equal(bundles.active.sequence, 1);
    });
    await desk.run(async (policy) => {
      const { bundles } = policy;
      assert.equal(bundles.active.sequence, 1);
      assert.equal(policy.judge(findQuestion('a')).allow, true);
      const { switches } = bundles.history(10);
      assert.deepEqual(
        switches.map(({ action, from, to, reason }) => [action, from, to, reason]),
        [
          ['rollback', 2, 1, 'b was wrong'],
          ['apply', 1, 2, ''],
          ['apply', 0, 1, 'only a'],
        ],
      );
      // What was gone back from stays seen.
      assert.equal((await bundles.applyFiles(onlyAgent('c'), null)).sequence, 3);
      await bundles.rollback(0, 'start again');
      assert.equal(bundles.active.name, 'built-in');
    });
  });

  it('keeps the bundle to go back to, however many were taken since', async () => {
    using desk = new PolicyDesk();
    await desk.run(async ({ bundles }) => {
      await bundles.applyFiles(onlyAgent('a'), null);
      for (let i = 0; i < BUNDLES_KEPT + 1; i++) {
        await bundles.applyFiles([PERMIT], null);
        assert.equal((await bundles.rollback(undefined, 'back')).sequence, 1);
      }
      assert.ok(bundles.history(1_000).bundles.length <= BUNDLES_KEPT + 2);
    });
  });

  it('refuses a replayed bundle after a restart, and a set that does not fit leaves the old one in force', async () => {
    using desk = new PolicyDesk();
    const signers = [keyOf(1)];
    await desk.run(({ bundles }) => bundles.apply([signedBundle({ sequence: 3 })]), signers);
    await desk.run(async ({ bundles }) => {
      await assert.rejects(bundles.apply([signedBundle({ sequence: 2 })]), refused('POLICY_ROLLBACK'));
      const broken = signedBundle({ sequence: 4, policies: [{ name: 'x', text: 'permit (' }] });
      await assert.rejects(bundles.apply([broken]), refused('POLICY_INVALID'));
      await assert.rejects(bundles.applyFiles(onlyAgent('a'), null), refused('POLICY_UNSIGNED'));
      assert.equal(bundles.active.sequence, 3);
      assert.equal((await bundles.line()).newest?.sequence, 3);
      await bundles.apply([signedBundle({ sequence: 4 })]);
    }, signers);
    await assert.rejects(
      desk.run(({ bundles }) => bundles.apply([signedBundle({ sequence: 9 }, [2])]), signers),
      refused('SIGNATURE_INVALID'),
    );
  });

  it('takes a chain of bundles over a change of keys, all or none', async () => {
    using desk = new PolicyDesk();
    const next = { keys: [keyOf(2)], threshold: 1 };
    const chain = [
      signedBundle({ signers: next }, [1, 2]),
      signedBundle({ sequence: 2, signers: next }, [2]),
    ];
    const work = async ({ bundles }: PolicyService) => {
      const forged = signedBundle({ sequence: 2 }, [1]);
      await assert.rejects(bundles.apply([chain[0]!, forged]), refused('SIGNATURE_INVALID'));
      assert.equal(bundles.active.sequence, 0);
      await bundles.apply(chain);
      await bundles.apply(chain);
    };
    await desk.run(work, [keyOf(1)]);
    await desk.run(({ bundles }) => assert.equal(bundles.active.sequence, 2), [keyOf(1)]);
  });

  it('a request under way goes on under the policies that it began with', async () => {
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const { bundles } = policy;
      await bundles.applyFiles(onlyAgent('a'), null);
      const principal = findQuestion('a').principal;
      const draft = policy.begin('find', principal, {});
      for (const other of ['b', 'c', 'd', 'e', 'f', 'g']) await bundles.applyFiles(onlyAgent(other), null);
      const { context, resource } = findQuestion('a', { reputation: 7 });
      assert.equal(draft.ask(resource, context, []).allow, true);
      assert.equal(policy.judge(findQuestion('a', { reputation: 7 })).allow, false);
      const decision = await policy.why(await draft.record(['a']));
      assert.equal(decision?.record.policy.sequence, 1);
    });
  });
});

describe('node/policy: decisions', () => {
  it('are on disk when they are answered, replay to the same, and show what others would have said', async () => {
    using desk = new PolicyDesk();
    const id = await desk.run(async (policy) => {
      await policy.bundles.applyFiles(onlyAgent('a'), null);
      const { allow, decision } = await policy.decide({
        ...findQuestion('a'),
        constraints: { text: 'words' },
      });
      assert.equal(allow, true);
      await policy.bundles.applyFiles(onlyAgent('b'), null);
      return decision;
    });
    await desk.run(async (policy) => {
      const found = (await policy.why(id))!;
      assert.deepEqual([found.record.choice, found.record.constraints], [['a'], { text: 'words' }]);
      const again = await policy.replay(found);
      assert.deepEqual([again.same, again.policy.sequence], [true, 1]);
      const other = await policy.replay(found, onlyAgent('b'));
      assert.deepEqual([other.same, other.candidates[0]?.now.allow], [false, false]);
      assert.deepEqual(
        (await policy.decisions(5, 'find')).map((one) => one.id),
        [id],
      );
      assert.equal(
        await policy.why('bafkreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'),
        undefined,
      );
    });
  });

  it('are bounded for each kind, over restarts; one kind does not push out another', async () => {
    using desk = new PolicyDesk();
    const of = (kind: 'find' | 'run', nonce: number) =>
      makeDecision({
        ...{ kind, nonce, at: 1, constraints: {}, choice: [], candidates: [] },
        principal: findQuestion('a').principal,
        policy: { id: 'p', name: 'n', sequence: 1 },
      });
    const limits = { records: 5, bytes: 1_000_000 };
    await desk.run(async (_, db) => {
      const book = new DecisionBook(db, limits);
      await book.load();
      await book.put(of('run', 0));
      await Promise.all(Array.from({ length: 20 }, (_, nonce) => book.put(of('find', nonce))));
      assert.equal((await book.list(100)).length, 6);
    });
    await desk.run(async (_, db) => {
      const book = new DecisionBook(db, limits);
      await book.load();
      await book.put(of('find', 20));
      const kept = await book.list(100, 'find');
      assert.deepEqual(
        kept.map(({ record }) => record.nonce),
        [20, 19, 18, 17, 16],
      );
      assert.equal((await book.list(100, 'run')).length, 1);
    });
    await desk.run(async (_, db) => {
      const book = new DecisionBook(db, { records: 5, bytes: 900 });
      await book.load();
      await book.put(of('find', 21));
      assert.ok((await book.list(100, 'find')).length < 5);
    });
  });
});
