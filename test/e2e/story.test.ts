// The main story, end to end, as a user lives it: five node processes and the command line. Join, find, run, prove, revoke.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CardView, TaskView } from '../../node/index.ts';
import { eventually, startNode, zerostate, zerostateJson } from '../support/cli.ts';
import {
  call,
  DEVNET_START_MS_MAX,
  type DevnetNode,
  type RunningDevnet,
  startDevnet,
} from '../support/devnet.ts';

const ROOT = join(import.meta.dirname, '../..');
const WORD_COUNT = join(ROOT, 'examples/tasks/word-count/task.yaml');
const QUESTION = 'turn scanned invoices into a spreadsheet';
const ANSWER = 'Ledgerleaf';
const BASE_PORT = 28_480;
/** "Within seconds" a revocation reaches every connected node; a machine that does other work may take longer for all that is asked then. */
const REVOKED_MS_MAX = 60_000;

interface Found {
  results: { agentId: string; name: string; score: number; reasons: { check: string; ok: boolean }[] }[];
  rejected: { name: string; reasons: { ok: boolean; code?: string; detail: string }[] }[];
}

interface CapsuleReplay {
  same: boolean;
  runs: unknown[];
  decisions: { kind: string; asked: number; turned: string[] }[];
}

describe('the main story', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-story-'));
  const home = join(folder, 'home');
  let devnet: RunningDevnet;
  let receipt: string;

  before(async function () {
    this.timeout(DEVNET_START_MS_MAX + 5_000);
    devnet = await startDevnet({ home, basePort: BASE_PORT });
  });
  after(async function () {
    this.timeout(300_000);
    await devnet?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const node = (name: string): DevnetNode => devnet.nodes.find((one) => one.name === name) as DevnetNode;
  const find = (name: string, ...more: string[]) =>
    zerostateJson<Found>(['find', QUESTION, '--home', node(name).home, ...more]);
  /** Why a node refuses the agent: the codes of the failed checks, once it does. */
  const refusal = async (name: string): Promise<string[] | undefined> =>
    (await find(name)).rejected.find((one) => one.name === ANSWER)?.reasons.flatMap(({ code }) => code ?? []);

  it('starts five nodes in two regions, each with keys and a token that only their owner can read', () => {
    assert.equal(devnet.nodes.length, 5);
    assert.equal(devnet.reused, false);
    assert.deepEqual([...new Set(devnet.nodes.map(({ region }) => region))].sort(), ['eu-west', 'us-east']);
    assert.equal(new Set(devnet.nodes.map(({ peerId }) => peerId)).size, 5);
    for (const one of devnet.nodes) {
      const agents = join(one.home, 'keys/agents');
      const secrets = [join(one.home, 'api-token'), join(one.home, 'keys/node.key')];
      if (one.name !== 'boot-1') secrets.push(...readdirSync(agents).map((file) => join(agents, file)));
      for (const file of secrets) assert.equal(statSync(file).mode & 0o777, 0o600, file);
    }
  });

  it('refuses a request without the token, and one for another host name', async () => {
    const { api } = node('edge-1');
    assert.equal((await fetch(`${api}/v1/cards`)).status, 401);
    assert.equal((await fetch(`${api}/v1/cards`, { headers: { authorization: 'Bearer x' } })).status, 401);
    assert.equal((await fetch(`${api}/readyz`)).status, 200);
  });

  it('resolves every card on every node, out of the DHT', async () => {
    assert.ok(devnet.cards >= 24);
    for (const one of devnet.nodes) {
      const { cards } = await call<{ cards: CardView[] }>(one, '/v1/cards');
      // The relay publishes a card of its own as soon as it has measured its neighbours.
      assert.ok(cards.length >= devnet.cards);
      const some = cards.filter((_, i) => i % 5 === 0);
      for (const { agentId, cardId } of some) {
        const resolved = await call<CardView & { source: string }>(
          one,
          `/v1/cards/${encodeURIComponent(agentId)}/resolve`,
        );
        assert.deepEqual([resolved.source, resolved.cardId], ['dht', cardId]);
      }
    }
  });

  it('finds by meaning, with a score and the reasons', async () => {
    for (const name of ['edge-1', 'edge-4', 'boot-1']) {
      const { results } = await find(name);
      assert.equal(results[0]?.name, ANSWER);
      assert.ok(results[0].score > (results[1]?.score ?? 0));
      const { reasons } = results[0];
      assert.ok(
        reasons.every(({ ok }) => ok),
        JSON.stringify(reasons),
      );
      for (const check of ['score', 'signature', 'sequence', 'validity', 'revocation', 'policy'])
        assert.ok(
          reasons.some((reason) => reason.check === check),
          check,
        );
    }
  });

  it('runs a WASI module on a member found for it, and writes a receipt', async () => {
    receipt = join(folder, 'word-count.receipt.json');
    const args = ['task', 'run', WORD_COUNT, '--home', node('edge-1').home, '--receipt', receipt];
    const task = await zerostateJson<TaskView & { stdoutText: string }>(args);
    assert.equal(task.status, 'OK');
    assert.match(task.stdoutText, /359 words/);
    assert.ok(task.why.length > 0 && task.why.every(({ ok }) => ok));
    // What the task was given is in it.
    assert.equal(statSync(receipt).mode & 0o077, 0);
    const again = await zerostate(args);
    assert.equal(again.code, 0);
    assert.match(again.stdout, /fuel \d+/);
  });

  it('verifies the receipt offline, and replays it to the same bytes and fuel', async () => {
    const verified = await zerostate(['receipt', 'verify', receipt], { cwd: folder });
    assert.equal(verified.code, 0, verified.stderr);
    for (const check of ['signature', 'checkpoint', 'inclusion'])
      assert.match(verified.stdout, new RegExp(`✓ ${check}`));
    const replayed = await zerostateJson<{ identical: boolean }>(['receipt', 'replay', receipt], {
      cwd: folder,
    });
    assert.equal(replayed.identical, true);
  });

  it('exports the task as a capsule, which is replayed without a node, and decided by other policies', async () => {
    const { taskId } = (
      await zerostateJson<{ tasks: TaskView[] }>(['task', 'history', '--home', node('edge-1').home])
    ).tasks[0] as TaskView;
    const capsule = join(folder, 'incident.zsc');
    await zerostateJson(['capsule', 'export', taskId, '--home', node('edge-1').home, '--out', capsule]);
    const replayed = await zerostateJson<CapsuleReplay>(['capsule', 'replay', capsule], { cwd: folder });
    assert.equal(replayed.same, true);
    assert.equal(replayed.runs.length, 1);
    assert.equal(replayed.decisions.filter(({ kind }) => kind === 'find').length, 1);
    const nobody = join(folder, 'nobody.cedar');
    writeFileSync(nobody, 'forbid (principal, action, resource);');
    const other = await zerostateJson<CapsuleReplay>(['capsule', 'replay', capsule, '--policy', nobody], {
      cwd: folder,
    });
    assert.equal(other.same, false);
    for (const { asked, turned } of other.decisions) assert.equal(turned.length, asked);
  });

  it('refuses a receipt with any changed byte, with a reason and exit code 3', async () => {
    const bytes = readFileSync(receipt);
    const file = JSON.parse(bytes.toString()) as {
      inputs: { files: Record<string, string>; module: string; manifest: string };
    };
    const [path] = Object.keys(file.inputs.files) as [string];
    const places = [
      '"payload"',
      '"sig"',
      '"entry"',
      '"proof"',
      '"executorCard"',
      '"module"',
      '"manifest"',
      `"${path}"`,
    ];
    for (const place of places) {
      const changed = Buffer.from(bytes);
      const at = changed.indexOf(place) + place.length + 12;
      changed[at] = changed[at] === 0x41 ? 0x42 : 0x41;
      const forged = join(folder, 'forged.receipt.json');
      writeFileSync(forged, changed);
      const ran = await zerostate(['receipt', 'verify', forged], { cwd: folder });
      assert.equal(ran.code, 3, `${place}: ${ran.stdout}`);
      assert.match(ran.stderr, /error: .+ \[[A-Z_]+\]/);
    }
  });

  it('makes every node refuse a revoked agent, also one that was away when it happened', async () => {
    const { cards } = await call<{ cards: CardView[] }>(node('boot-1'), '/v1/cards');
    const card = cards.find(({ name }) => name === ANSWER) as CardView;
    const host = devnet.nodes.find(({ peerId }) => peerId === card.host) as DevnetNode;
    const away = devnet.nodes.findLast(({ name }) => name !== host.name) as DevnetNode;
    const { pid } = JSON.parse(readFileSync(join(away.home, 'run.json'), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGTERM');
    await eventually('the node to stop', 60_000, async () => !isAlive(pid));
    const revoked = await zerostate([
      'card',
      'revoke',
      ANSWER,
      '--reason',
      'its owner lost the key',
      '--home',
      host.home,
    ]);
    assert.equal(revoked.code, 0, revoked.stderr);
    for (const one of devnet.nodes.filter((other) => other !== away)) {
      const codes = await eventually(`${one.name} to refuse the agent`, REVOKED_MS_MAX, () =>
        refusal(one.name),
      );
      assert.deepEqual(codes, ['REVOKED']);
    }
    const back = await startNode(['--home', away.home]);
    try {
      const codes = await eventually('the node that was away to refuse it', REVOKED_MS_MAX, async () => {
        const known = await refusal(away.name).catch(() => undefined);
        return known?.includes('REVOKED') ? known : undefined;
      });
      assert.deepEqual(codes, ['REVOKED']);
    } finally {
      assert.equal(await back.stop(), 0);
    }
  });

  it('lets a stranger join, publish and be found, and keeps its identity over a restart', async () => {
    const mine = join(folder, 'mine');
    const boot = await call<{ addresses: string[] }>(node('boot-1'), '/v1/node');
    const made = await zerostateJson<{ peerId: string; config: string }>([
      'init',
      '--home',
      mine,
      '--name',
      'newcomer',
      '--network',
      'devnet',
      '--region',
      'eu-west',
      '--api-port',
      '0',
      '--join',
      boot.addresses[0] as string,
    ]);
    assert.match(readFileSync(made.config, 'utf8'), /revocationMaxAgeSeconds: 300/);
    const draft = join(folder, 'card.yaml');
    writeFileSync(
      draft,
      'name: Bellfounder\ndescription: Tunes church bells and computes the thickness of their walls.\ncapabilities:\n  - { name: tune, description: Compute the partials of a bell., tags: [bells] }\ntags: [music]\nprices: []\nsla: standard\n',
    );
    const first = await startNode(['--home', mine]);
    assert.equal(first.info.peerId, made.peerId);
    await zerostateJson(['card', 'publish', draft, '--home', mine]);
    await eventually('the card to be found by another node', 60_000, async () => {
      const { results } = await zerostateJson<Found>([
        'find',
        'tune the bells of a church',
        '--home',
        node('edge-1').home,
      ]);
      return results[0]?.name === 'Bellfounder';
    });
    assert.equal(await first.stop(), 0);
    const second = await startNode(['--home', mine]);
    assert.equal(second.info.peerId, made.peerId);
    const { cards } = await zerostateJson<{ cards: CardView[] }>(['card', 'list', '--home', mine]);
    assert.ok(cards.some(({ name, local }) => name === 'Bellfounder' && local));
    assert.equal(await second.stop(), 0);
  });

  it('says what is wrong, with exit codes that tell usage from refusal from silence', async () => {
    assert.equal((await zerostate(['find'])).code, 2);
    assert.equal((await zerostate(['nonsense'])).code, 2);
    assert.equal((await zerostate(['up', '--home', join(folder, 'x'), '--roles', 'king'])).code, 2);
    const silent = await zerostate(['status', '--home', join(folder, 'nobody'), '--json']);
    assert.equal(silent.code, 4);
    assert.equal((JSON.parse(silent.stdout) as { error: { code: string } }).error.code, 'NODE_UNREACHABLE');
    const locked = await zerostate(['up', '--home', node('edge-1').home]);
    assert.equal(locked.code, 1);
    assert.match(locked.stderr, /DATA_LOCKED/);
  });

  it('stops all of it, leaves no process and no lock, and starts again on its data', async function () {
    this.timeout(DEVNET_START_MS_MAX + 30_000);
    const pids = devnet.nodes.flatMap(({ home: at }) => {
      try {
        return [(JSON.parse(readFileSync(join(at, 'run.json'), 'utf8')) as { pid: number }).pid];
      } catch {
        return [];
      }
    });
    for (const one of devnet.nodes) {
      assert.ok(
        !readFileSync(join(one.home, 'node.log'), 'utf8').includes(one.token),
        'a log holds no token',
      );
    }
    const before = devnet.nodes.map(({ peerId }) => peerId);
    await devnet.stop();
    assert.deepEqual(pids.filter(isAlive), []);
    devnet = await startDevnet({ home, basePort: BASE_PORT });
    assert.equal(devnet.reused, true);
    assert.deepEqual(
      devnet.nodes.map(({ peerId }) => peerId),
      before,
    );
    assert.deepEqual(await refusal('edge-2'), ['REVOKED']);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
