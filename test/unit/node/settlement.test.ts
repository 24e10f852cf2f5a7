// The ledger in memory and the ledger of the logs do the same.

import { systemClock } from '../../../node/clock/index.ts';
import { LogStore, OwnLog } from '../../../node/log/index.ts';
import { LocalLedger, MemoryLedger } from '../../../node/payments/index.ts';
import { StatementRouter } from '../../../node/statements/router.ts';
import { peerIdOfKey } from '../../../protocol/log/index.ts';
import { makeAgent, publicKey, seed } from '../../support/agents.ts';
import { TestDatabase } from '../../support/log-stores.ts';
import { ISSUE_MAX, type LedgerUnderTest, settlementSuite } from './settlement-suite.ts';

const AGENTS = [makeAgent(10), makeAgent(40)] as const;
const [A, B] = AGENTS;
const CLOCK = { ...systemClock, now: () => Date.parse('2026-03-01T00:00:00Z') };
const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

settlementSuite('in memory', async () => {
  const ledger = new MemoryLedger({ issueMax: ISSUE_MAX });
  return { ledger, agents: [A.agentId, B.agentId], reopen: async () => ledger, close: async () => {} };
});

settlementSuite('in the logs, on LevelDB', async (): Promise<LedgerUnderTest> => {
  const database = new TestDatabase();
  const vault = {
    get: (agentId: string) => {
      const agent = AGENTS.find((one) => one.agentId === agentId)!;
      return { ...agent, operationalSeed: seed(agent === A ? 12 : 42) };
    },
  };
  const open = async () => {
    const store = new LogStore(await database.open());
    await store.load();
    const router = new StatementRouter({
      log: QUIET as never,
      handlers: { card: () => {}, statement: () => {} },
    });
    const ownLog = new OwnLog({
      store,
      clock: CLOCK,
      peerId: peerIdOfKey(publicKey(99)),
      seed: seed(99),
      listener: { entry: (body, position) => router.apply(body, { position, live: true }), head: () => {} },
    });
    const ledger = new LocalLedger({ vault, ownLog, clock: CLOCK, issuable: () => ISSUE_MAX });
    router.listen((statement) => {
      ledger.apply(statement);
    });
    await router.replay(store);
    return ledger;
  };
  const ledger = await open();
  return {
    ledger,
    agents: [A.agentId, B.agentId],
    reopen: async () => {
      await database.close();
      return await open();
    },
    close: async () => await database[Symbol.asyncDispose](),
  };
});
