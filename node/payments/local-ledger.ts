// The default ledger: what the logs that this node holds amount to (protocol/ledger). It keeps nothing of its own: a posting is a signed statement in
// the own log, and at start the ledger is made again from the logs.

import { seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import {
  type Account,
  type AccountEntry,
  agentAccount,
  type Balance,
  type BookReport,
  type ChannelNews,
  type IssuePolicy,
  type LedgerPosting,
  NetworkLedger,
  type PublicChannel,
} from '../../protocol/ledger/index.ts';
import {
  type AgentStatement,
  LEDGER_POSTING_PREDICATE,
  signAgentStatement,
} from '../../protocol/statement/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import { Serial } from '../serial.ts';
import { linesOf, type PostingOrder, type SettlementPort } from './settlement-port.ts';

export interface LocalLedgerDeps {
  readonly vault: Pick<AgentVault, 'get'>;
  readonly ownLog: Pick<OwnLog, 'append'>;
  readonly clock: Clock;
  readonly issuable: IssuePolicy;
}

/** The ledger of the network, as this node's logs tell it. */
export class LocalLedger implements SettlementPort {
  readonly #deps: LocalLedgerDeps;
  readonly #serial = new Serial();
  readonly network: NetworkLedger;

  constructor(deps: LocalLedgerDeps) {
    this.#deps = deps;
    this.network = new NetworkLedger({ issuable: deps.issuable });
  }

  /** Takes a verified statement of any log, at replay too. Errors as NetworkLedger.apply. */
  apply(statement: AgentStatement): ChannelNews[] {
    return this.network.apply(statement);
  }

  async post(order: PostingOrder): Promise<'entered' | 'known'> {
    const lines = linesOf(order);
    return await this.#serial.run(order.by, async () => {
      const { clock, issuable, ownLog, vault } = this.#deps;
      const { by, currency, kind, memo, name } = order;
      const agent = vault.get(by);
      const [{ account, amount }] = lines as [LedgerPosting['lines'][number]];
      const { book } = this.network;
      const id = `${by}/${name}`;
      if (book.has(id)) return book.enter({ id, kind, currency, lines, memo, sources: [], atMs: 0 });
      // Checked before it is signed: a statement that waits for its account for ever would hold up those behind it.
      const left =
        kind === 'issue'
          ? issuable(by, currency) + book.balance(account, currency)
          : this.available(by, currency);
      if (left + amount < 0n)
        throw new ZeroError('FUNDS_MISSING', `${account} has ${left} of ${-amount} ${currency}`, {
          details: { account, currency, available: String(left), needed: String(-amount) },
        });
      const envelope = signAgentStatement({
        predicateType: LEDGER_POSTING_PREDICATE,
        predicate: {
          issuedAt: rfc3339(clock.now()),
          posting: name,
          kind,
          currency,
          lines: lines.map((line) => ({ account: line.account, amount: String(line.amount) })),
          memo,
        },
        keychain: agent.keychain,
        signer: seedSigner(agent.operationalSeed),
      });
      await ownLog.append(envelope);
      return 'entered';
    });
  }

  balance(account: Account, currency: string): bigint {
    return this.network.book.balance(account, currency);
  }

  available(agentId: AgentId, currency: string): bigint {
    return this.network.available(agentId, currency);
  }

  balances(prefix?: string): Balance[] {
    return this.network.book.balances(prefix);
  }

  entries(account: Account, limit: number): AccountEntry[] {
    return this.network.book.entries(account, limit);
  }

  postings(limit: number): LedgerPosting[] {
    return this.network.book.postings(limit);
  }

  verify(): BookReport {
    return this.network.book.verify();
  }

  /** Postings of an agent that its account does not cover yet. */
  waiting(agentId: AgentId): readonly LedgerPosting[] {
    return this.network.waiting(agentAccount(agentId));
  }

  channel(id: string): PublicChannel | undefined {
    return this.network.channel(id);
  }
}
