// A paid task among real processes, killed with SIGKILL in the middle: its requester, and the member that runs it. The result arrives,
// it is paid once, and every ledger agrees.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from '../../node/cli/client.ts';
import type { CardView, TaskView } from '../../node/index.ts';
import { eventually, type StartedNode, startNode, zerostateJson } from '../support/cli.ts';
import { TICKER_FUEL, ticker } from '../support/ticker.ts';

const WAIT_MS = 60_000;
/** Lines of the task: it works for some seconds. */
const LINES = 12;
const PRICE = '700';

interface Channel {
  readonly side: string;
  readonly paid: string;
  readonly offers: readonly unknown[];
  readonly payee: string;
}

describe('a paid task and SIGKILL', function () {
  this.timeout(300_000);
  let folder: string;
  const running = new Map<string, StartedNode>();
  const home = (name: string) => join(folder, name);
  const up = async (name: string, ...flags: string[]): Promise<StartedNode> => {
    const node = await startNode([
      ...['--home', home(name), '--name', name, '--network', 'test', '--api-port', '0'],
      ...flags,
    ]);
    running.set(name, node);
    return node;
  };
  const told = <T>(name: string, ...args: string[]) => zerostateJson<T>([...args, '--home', home(name)]);
  const asked = async <T>(name: string, path: string) =>
    await (await ApiClient.connect({ home: home(name) })).get<T>(path);
  const channels = async (name: string) =>
    (await asked<{ channels: Channel[] }>(name, '/v1/channels')).channels;
  const sumOf = (list: readonly Channel[]) => list.reduce((sum, { paid }) => sum + BigInt(paid), 0n);
  const status = (taskId: string) => asked<TaskView>('payer', `/v1/tasks/${taskId}`);
  const kill = async (name: string) => {
    await running.get(name)?.kill();
    running.delete(name);
  };

  /** A payer with money, and members that sell. */
  async function network(members: readonly string[]): Promise<string> {
    const boot = (await up('payer', '--roles', 'boot', 'index')).info.addresses[0] as string;
    const card = (name: string, price: string) => {
      const file = join(folder, `${name}.json`);
      const prices = [{ unit: 'request', amount: price, currency: 'TEST' }];
      const capabilities = [{ name: 'tick', description: 'Ticks like a clock.', tags: ['tick'] }];
      const draft = {
        name,
        description: `${name} ticks.`,
        capabilities,
        tags: ['tick'],
        prices,
        sla: 'standard',
      };
      writeFileSync(file, JSON.stringify(draft));
      return file;
    };
    await told('payer', 'card', 'publish', card('payer', '0'));
    await told('payer', 'ledger', 'issue', '1000000000', '--currency', 'TEST');
    for (const name of members) {
      await up(name, '--join', boot);
      await told(name, 'card', 'publish', card(name, PRICE));
    }
    await eventually('cards and money to be known', WAIT_MS, async () => {
      const { cards } = await asked<{ cards: CardView[] }>('payer', '/v1/cards');
      const rich = await Promise.all(
        members.map(async (name) =>
          JSON.stringify(await asked(name, '/v1/ledger/balances')).includes('1000000000'),
        ),
      );
      return cards.length === members.length + 1 && rich.every((one) => one);
    });
    writeFileSync(join(folder, 'ticker.wasm'), ticker(LINES));
    const limits = { fuel: TICKER_FUEL, wallMs: 60_000 };
    const task = { name: 'ticks', capability: 'tick like a clock', module: './ticker.wasm', limits };
    writeFileSync(join(folder, 'task.json'), JSON.stringify(task));
    return boot;
  }

  const begin = async (members: readonly string[]) => {
    const order = ['--ceiling', '1000 TEST', '--key', 'once', '--no-wait', '--member', ...members];
    const { taskId } = await told<TaskView>('payer', 'task', 'run', join(folder, 'task.json'), ...order);
    const promised = async () => (await channels('payer')).some(({ offers }) => offers.length > 0);
    await eventually('it to be promised and under way', WAIT_MS, promised).catch(async (error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify((await status(taskId)).timeline)}`);
    });
    return { taskId, order };
  };
  const ended = (taskId: string) =>
    eventually('the result', WAIT_MS, async () => {
      const view = await status(taskId);
      return view.ended && view;
    });
  const agrees = async (name: string) => {
    const { ok } = await asked<{ ok: boolean }>(name, '/v1/ledger/report');
    assert.equal(ok, true, `${name}: the ledger balances`);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zerostate-killed-'));
  });
  afterEach(async () => {
    await Promise.all([...running.keys()].map(kill));
    rmSync(folder, { recursive: true, force: true });
  });

  it('of the requester: started again it takes the task up, the result arrives, and it is paid once', async () => {
    await network(['seller']);
    const { taskId, order } = await begin(['seller']);
    await kill('payer');
    await up('payer');
    const view = await ended(taskId);
    assert.deepEqual([view.state, view.status], ['completed', 'OK'], JSON.stringify(view.timeline));
    assert.equal(view.attempts.length, 1, 'the same run, joined again');
    const again = await told<TaskView>('payer', 'task', 'run', join(folder, 'task.json'), ...order);
    assert.equal(again.taskId, taskId, 'the same key is the same task');
    for (const name of ['payer', 'seller'])
      await eventually(`${name} to say that it is paid`, WAIT_MS, async () => {
        const list = await channels(name);
        return sumOf(list) === BigInt(PRICE) && list.every(({ offers }) => offers.length === 0);
      });
    assert.equal((await channels('payer')).length, 1);
    await agrees('payer');
    await agrees('seller');
  });

  it('of the member: another takes over and is paid; what the dead one was promised is taken back when it returns', async () => {
    const boot = await network(['first', 'second']);
    const { taskId } = await begin(['first', 'second']);
    const { attempts } = await status(taskId);
    const dead = attempts[0]?.name as string;
    const other = dead === 'first' ? 'second' : 'first';
    await kill(dead);
    const view = await ended(taskId);
    assert.deepEqual([view.state, view.status], ['completed', 'OK'], JSON.stringify(view.timeline));
    assert.equal(view.attempts.at(-1)?.name, other);
    await up(dead, '--join', boot);
    for (const name of ['payer', other, dead])
      await eventually(`${name} to have nothing promised`, WAIT_MS, async () =>
        (await channels(name)).every(({ offers }) => offers.length === 0),
      );
    assert.equal(sumOf(await channels('payer')), BigInt(PRICE), 'one run is paid, once');
    assert.equal(sumOf(await channels(other)), BigInt(PRICE));
    assert.equal(sumOf(await channels(dead)), 0n);
    for (const name of ['payer', other, dead]) await agrees(name);
  });
});
