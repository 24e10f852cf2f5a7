// The tutorial and the README's first minute, run as they are written: every command block, in order, in a folder like a fresh clone.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { typedBlocks } from '../support/command-blocks.ts';
import { makeClone } from '../support/shims.ts';

const BASE_PORT = 29_480;
/** Five nodes on two busy cores. */
const START_MS_MAX = 120_000;
const STOP_MS_MAX = 20_000;

describe('the tutorial, as written', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-tutorial-'));
  const env = makeClone(folder, BASE_PORT);
  const shell = (script: string) =>
    new Promise<string>((resolve, reject) => {
      execFile(
        'bash',
        ['-e', '-o', 'pipefail', '-c', script],
        { cwd: folder, env },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new Error(`${script}\nended with ${error.code}:\n${stderr}${stdout}`));
        },
      );
    });
  let network: ReturnType<typeof spawn> | undefined;

  before(async function () {
    this.timeout(START_MS_MAX);
    const [start] = typedBlocks('docs/tutorial/first-network.md');
    assert.match(start ?? '', /^npm ci\nnpm start\n$/);
    const child = spawn('bash', ['-e', '-c', `exec ${(start ?? '').trim().split('\n').at(-1)}`], {
      cwd: folder,
      env,
    });
    network = child;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      const hear = (text: string) => {
        said += text;
        if (/#token=/.test(said)) resolve();
      };
      child.stdout.setEncoding('utf8').on('data', hear);
      child.stderr.setEncoding('utf8').on('data', hear);
      child.once('exit', (code) => reject(new Error(`npm start ended with ${code}:\n${said}`)));
    });
  });

  after(async function () {
    this.timeout(STOP_MS_MAX + 5_000);
    const child = network;
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
      child.kill('SIGINT');
      await ended;
      clearTimeout(force);
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds, runs, proves and revokes: each block says what the text around it promises', async () => {
    const [, find, run, prove, list, revoke, ...more] = typedBlocks('docs/tutorial/first-network.md') as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    assert.deepEqual(more, []);
    assert.match(await shell(find), /^\W*1?\W*Ledgerleaf/m);
    assert.match(await shell(run), /359 words/);
    const proven = await shell(prove);
    assert.match(proven, /verified[\s\S]*identical/);
    assert.match(await shell(list), /Ledgerleaf/);
    assert.match(await shell(revoke), /revoked;[\s\S]*revoked/);
  });

  it('and the README keeps its minute', async () => {
    const [minute] = typedBlocks('README.md', '## One minute');
    // The agent is revoked already: what is left is to run, verify, replay and list.
    const lines = (minute ?? '').split('\n').filter((line) => !/card revoke/.test(line));
    const said = await shell(lines.join('\n'));
    for (const wanted of [/359 words/, /verified/, /identical/, /REVOKED|revoked/])
      assert.match(said, wanted);
  });

  it("and a node of one's own has a card that another node finds", async () => {
    const [own = ''] = typedBlocks('README.md', '## A node of your own');
    const find = own.trim().split('\n').at(-1);
    // Who reads looks again when the index has not heard yet; the shell ends what was left in the background.
    const script = `trap 'kill %1; wait' EXIT\n${own}\nuntil ${find} | grep "Map reader"; do sleep 0.2; done`;
    assert.match(await shell(script), /Map reader/);
  });
});
