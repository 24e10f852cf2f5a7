// What organisations come for, end to end and in separate processes: three of them, with two nodes each, exchange what they know about one
// artifact. Who says what, with proofs; a revocation turns the verdict and not the past; an auditor checks offline; a liar is caught.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CardView, TaskView } from '../../node/index.ts';
import type { ProvenanceRowView } from '../../node/provenance/index.ts';
import { cyclonedx, dsse, ed, openvex, slsaV1, statement } from '../support/attestations.ts';
import { eventually, zerostate } from '../support/cli.ts';
import type { Lie } from '../support/lying-node.ts';
import { Organisations, verifiesAlone } from '../support/organisations.ts';

const TASK = join(import.meta.dirname, '../../examples/tasks/word-count');
const LYING_NODE = join(import.meta.dirname, '../support/lying-node.ts');
/** "Within seconds". */
const SOON_MS = 60_000;
/** How a query ends in which a partner was caught lying. */
const CAUGHT = 3;

type Row = ProvenanceRowView;
interface PartnerView {
  readonly standing: { status: string; score: number };
  readonly isForked: boolean;
  readonly evidence: readonly { id: string; lie: string }[];
}
interface Reputation {
  readonly standing: { status: string; good: number; bad: number };
}
interface Answer {
  readonly rows: Row[];
  readonly partners?: { agent: string; state: string }[];
  readonly end: { missing?: { agent: string; state: string }[] };
}

describe('three organisations', function () {
  this.timeout(300_000);
  const nodes = new Organisations();
  const { agents, addresses, folder } = nodes;
  let liar: ChildProcess;
  let artifact: string;
  let vex: string;
  let finding: string;
  let beforeRevocation: string;

  const at = (name: string) => nodes.at(name);
  const told = <T>(name: string, ...args: string[]) => nodes.told<T>(name, ...args);
  const file = (name: string, content: unknown) => nodes.file(name, content);
  const query = async (name: string, ...more: string[]): Promise<Answer> => {
    const words = ['prov', 'query', artifact, '--depth', '2', '--json', ...more, ...at(name)];
    const { code, stderr, stdout } = await zerostate(words);
    assert.ok(code === 0 || code === CAUGHT, stderr);
    return JSON.parse(stdout) as Answer;
  };
  const subjects = () => [{ name: 'word-count.wasm', digest: { sha256: artifact.slice('sha256:'.length) } }];
  const saying = (rows: readonly Row[], kind: string) => rows.find(({ says }) => says.kind === kind);
  const lie = async (order: Lie): Promise<void> => {
    const done = once(liar, 'message');
    liar.send(order);
    await done;
  };

  before(async () => {
    await nodes.up('foundry-1', '--roles', 'boot', 'index');
    const boot = addresses.get('foundry-1') as string;
    liar = fork(LYING_NODE, [nodes.home('harbour-1'), 'harbour-1', boot], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const ended = once(liar, 'exit').then(() => assert.fail('the lying node ended'));
    const [said] = (await Promise.race([once(liar, 'message'), ended])) as [{ address: string }];
    ended.catch(() => undefined);
    addresses.set('harbour-1', said.address);
    for (const name of ['foundry-2', 'harbour-2', 'auditors-1', 'auditors-2'])
      await nodes.up(name, '--join', boot);
    for (const name of ['foundry-1', 'harbour-1', 'harbour-2', 'auditors-1']) await nodes.publish(name);
    const ends = ['foundry-1', 'harbour-1', 'auditors-1'];
    await nodes.agree(ends, SOON_MS);
    const bytes = readFileSync(join(TASK, 'word-count.wasm'));
    artifact = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  });
  after(async () => {
    liar?.disconnect();
    await nodes.stop();
  });

  it('the first publishes provenance, an SBOM and a VEX statement, as ordinary tools made them', async () => {
    const signed = (type: string, predicate: object) =>
      dsse({ ...statement(type, predicate), subject: subjects() }, ed.privateKey);
    const key = join(folder, 'build-key.pem');
    writeFileSync(key, ed.publicKey.export({ type: 'spki', format: 'pem' }));
    const files = [
      file('slsa.json', signed('https://slsa.dev/provenance/v1', slsaV1)),
      file('sbom.json', signed('https://cyclonedx.org/bom', cyclonedx)),
      file('vex.json', signed('https://openvex.dev/ns/v0.2.0', openvex)),
    ];
    const { added } = await told<{ added: { statementIds: string[]; verified: boolean }[] }>(
      'foundry-1',
      ...['prov', 'add', ...files, '--key', key],
    );
    assert.deepEqual(
      added.map(({ verified }) => verified),
      [true, true, true],
    );
    vex = added[2]!.statementIds[0]!;
  });

  it('the second runs it in WebAssembly and publishes the receipt', async () => {
    await eventually('the executor’s card to be known', SOON_MS, async () => {
      const { cards } = await told<{ cards: CardView[] }>('harbour-2', 'card', 'list');
      return cards.some(({ agentId }) => agentId === agents.get('harbour-1'));
    });
    const task = await told<TaskView>(
      'harbour-2',
      ...[
        'task',
        'run',
        join(TASK, 'task.yaml'),
        '--member',
        agents.get('harbour-1') as string,
        '--no-receipt',
      ],
    );
    assert.equal(task.status, 'OK');
    // And what its scanner said of the module, which it will come to regret.
    const scan = { ...openvex, '@id': 'https://harbour.example/scan', author: 'Harbour' };
    const signed = dsse(
      { ...statement('https://openvex.dev/ns/v0.2.0', scan), subject: subjects() },
      ed.privateKey,
    );
    const { added } = await told<{ added: { statementIds: string[] }[] }>(
      'harbour-1',
      ...['prov', 'add', file('scan.json', signed)],
    );
    finding = added[0]!.statementIds[0]!;
  });

  it('the third asks what is known, and gets who says it, proven, judged and fresh, from every partner', async () => {
    const answer = await eventually('the whole graph', SOON_MS, async () => {
      const found = await query('auditors-2');
      return (
        ['slsa-provenance', 'cyclonedx', 'openvex', 'execution-receipt'].every((kind) =>
          saying(found.rows, kind),
        ) && found
      );
    });
    for (const row of answer.rows) {
      assert.ok(row.issuer !== null && row.knownAt !== '' && row.proof.treeSize > row.index);
      assert.equal(row.verdict.verdict, 'accept', JSON.stringify(row));
      assert.ok(row.freshness !== null && row.reputation !== null && row.witnesses.policy !== '');
    }
    assert.equal(saying(answer.rows, 'slsa-provenance')!.issuer, agents.get('foundry-1'));
    assert.equal(saying(answer.rows, 'execution-receipt')!.issuer, agents.get('harbour-1'));
    const relations = new Set(answer.rows.flatMap(({ edges }) => edges.map(({ relation }) => relation)));
    assert.deepEqual(
      ['attested', 'built-from', 'produced', 'ran'].filter((one) => !relations.has(one as never)),
      [],
    );
    const federated = await query('auditors-1', '--partners', '--wait');
    assert.deepEqual(federated.end.missing ?? [], [], JSON.stringify(federated.end));
    const text = await zerostate(['prov', 'query', artifact, ...at('auditors-2')]);
    assert.match(text.stdout, /slsa-provenance/);
  });

  it('the first revokes its VEX statement: the third’s verdict turns within seconds, and not the past', async () => {
    beforeRevocation = new Date().toISOString();
    await told('foundry-1', 'prov', 'revoke', vex, '--reason', 'the analysis was wrong');
    const verdictOf = ({ rows }: Answer) => rows.find(({ statementId }) => statementId === vex)?.verdict;
    await eventually(
      'the verdict to turn',
      SOON_MS,
      async () => verdictOf(await query('auditors-2'))?.verdict === 'reject',
    );
    assert.match(verdictOf(await query('auditors-2'))!.reason, /the analysis was wrong/);
    assert.equal(verdictOf(await query('auditors-2', '--at', beforeRevocation))!.verdict, 'accept');
  });

  it('the third exports a bundle, and an auditor without a network verifies it', async () => {
    const bundle = join(folder, 'word-count.bundle');
    await told('auditors-2', 'prov', 'bundle', artifact, '--depth', '2', '--out', bundle);
    const bytes = readFileSync(bundle);
    await verifiesAlone(bytes);
    // Who has the file and the bundle asks whether the one speaks of the other.
    const about = (file: string) => zerostate(['verify', bundle, '--of', file]);
    assert.equal((await about(join(TASK, 'word-count.wasm'))).code, 0);
    const other = await about(bundle);
    assert.deepEqual([other.code, /SUBJECT_MISSING/.test(other.stderr)], [3, true]);
    bytes[bytes.length >> 1]! ^= 1;
    await assert.rejects(verifiesAlone(bytes));
  });

  it('the second lies: it leaves a result out, shows an old head, splits its log; each is caught with evidence', async () => {
    const isFinding = ({ statementId }: Row) => statementId === finding;
    const regretted = await eventually('the finding to be known', SOON_MS, async () =>
      (await query('auditors-1')).rows.find(isFinding),
    );
    const harbour = agents.get('harbour-1') as string;
    const known = () => told<PartnerView>('auditors-1', 'partner', 'show', harbour);
    assert.notEqual((await known()).standing.status, 'caught');
    await lie({ kind: 'omission', index: regretted.index });
    const answer = await eventually('the omission to be noticed', SOON_MS, async () => {
      const found = await query('auditors-1', '--partners', '--wait');
      return (await known()).standing.status === 'caught' && found;
    });
    assert.ok(answer.rows.some(isFinding), 'what was left out is there all the same');
    for (const kind of ['old-head', 'split'] as const) {
      await lie({ kind });
      await eventually(`the ${kind} to be noticed`, SOON_MS, async () => {
        await query('auditors-1', '--partners', '--wait');
        const { evidence, isForked } = await known();
        return evidence.some(({ lie: told }) => told === kind) || (kind === 'split' && isForked);
      });
    }
    // Each piece of evidence verifies where nothing is known of the network.
    for (const kind of ['old-head', 'omission']) {
      const { id } = (await known()).evidence.find(({ lie: told }) => told === kind)!;
      const printed = await zerostate(['partner', 'show', harbour, '--evidence', id, ...at('auditors-1')]);
      await verifiesAlone(Buffer.from(printed.stdout));
    }
    const { forks } = await told<{ forks: { evidence: string }[] }>('auditors-1', 'log', 'forks');
    assert.equal(forks.length, 1);
    await verifiesAlone(Buffer.from(forks[0]!.evidence));
    const reputation = await told<Reputation>('auditors-1', 'reputation', 'show', harbour);
    assert.deepEqual([reputation.standing.status, reputation.standing.good], ['rated', 0]);
    assert.ok(reputation.standing.bad > 0, 'its reputation says so');
    const trust = await zerostate(['trust', harbour, ...at('auditors-1')]);
    assert.match(trust.stdout, /two histories/);
    assert.match(trust.stdout, /bad, seen here/);
  });
});
