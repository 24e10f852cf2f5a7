// How the command line takes care: what destroys says so first, asks on a terminal and not in scripts; init asks on a terminal alone; ids may
// be shortened as long as they mean one thing.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idOf } from '../../../node/cli/short-id.ts';
import type { CardView } from '../../../node/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { zerostate, zerostateJson } from '../../support/cli.ts';
import { draft, TestNodes } from '../../support/nodes.ts';

const PROGRAM = join(import.meta.dirname, '../../../bin/zerostate.ts');
/** Makes the program believe that a person sits there. */
const TERMINAL = 'data:text/javascript,process.stdin.isTTY=true;process.stderr.isTTY=true';

/** Runs a command as on a terminal, with what a person types. */
function typed(
  args: readonly string[],
  answers: readonly string[],
): Promise<{ code: number | null; asked: string }> {
  const child = spawn(process.execPath, ['--import', TERMINAL, PROGRAM, ...args]);
  let asked = '';
  let next = 0;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    asked += text;
    // One answer a question: what is typed ahead would be read as one. A terminal's prompt ends in an order to the cursor.
    const questions = asked.split('] \u001b[').length - 1;
    for (; next < Math.min(questions, answers.length); next++) child.stdin.write(`${answers[next]}\n`);
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, asked })));
}

describe('the command line takes care', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-care-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('revokes only what was meant: --dry-run does nothing, a no is a no, a script is not asked', async () => {
    await using nodes = new TestNodes();
    const { node } = await nodes.start('one');
    const { agentId } = await node.cards.publish(draft('Ledgerleaf'));
    const home = ['--home', nodes.home('one')];
    const revoke = ['card', 'revoke', agentId.slice(-8), '--reason', 'test', ...home];
    const status = async () =>
      (await zerostateJson<CardView>(['card', 'show', 'ledgerleaf', ...home])).status;
    const dry = await zerostate([...revoke, '--dry-run']);
    assert.match(dry.stdout, new RegExp(`would revoke the card of ${agentId}; nothing was done`));
    const no = await typed(revoke, ['n']);
    assert.deepEqual([no.code, /Go on\? \[y\/N\]/.test(no.asked)], [1, true]);
    assert.equal(await status(), 'valid');
    assert.equal((await zerostate(revoke)).code, 0);
    assert.equal(await status(), 'revoked');
  });

  it('init asks on a terminal, and is silent in a script or when told', async () => {
    const asked = join(folder, 'asked');
    const answers = [
      'falcon',
      'eu-west',
      '/ip4/127.0.0.1/tcp/7580/p2p/12D3KooWSahP5pFRCEfaziPEba7urXGeif6T1y8jmodzdFUvzBHj',
      '',
    ];
    const ran = await typed(['init', '--home', asked], answers);
    assert.equal(ran.code, 0, ran.asked);
    const config = readFileSync(join(asked, 'config.yaml'), 'utf8');
    assert.match(config, /^name: falcon$/m);
    assert.match(config, /^region: eu-west$/m);
    assert.match(config, /12D3KooWSahP5pFRCEfaziPEba7urXGeif6T1y8jmodzdFUvzBHj/);
    for (const flags of [['--yes'], ['--region', 'us-east']]) {
      const told = await typed(['init', '--home', join(folder, flags[0] as string), ...flags], []);
      assert.deepEqual([told.code, told.asked], [0, '']);
    }
    const script = await zerostate(['init', '--home', join(folder, 'script')]);
    assert.deepEqual([script.code, script.stderr], [0, '']);
    if (process.platform !== 'win32')
      assert.equal(statSync(join(folder, 'script', 'config.yaml')).mode & 0o077, 0, 'it may hold secrets');
  });

  it('takes the end of an id, or a name, as long as it means one thing', () => {
    const things = [{ id: 'aaaa1111', name: 'One' }, { id: 'bbbb1111', name: 'Two' }, { id: 'cccc2222' }];
    assert.equal(idOf('2222', things), 'cccc2222');
    assert.equal(idOf('a1111', things), 'aaaa1111');
    assert.equal(idOf('two', things), 'bbbb1111');
    assert.equal(idOf('222', things), undefined);
    assert.equal(idOf('nothing', things), undefined);
    assert.throws(
      () => idOf('1111', things),
      (error) => isZeroError(error) && error.code === 'USAGE' && /aaaa1111, bbbb1111/.test(error.message),
    );
  });
});
