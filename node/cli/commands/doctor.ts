// zerostate doctor: what is wrong with a node, why, and how to mend it. It changes nothing.

import type { Command } from 'commander';
import { isZeroError } from '../../../protocol/errors/index.ts';
import type { NodeView } from '../../api/views.ts';
import { readRunFile } from '../../run-file.ts';
import { ANSWER_MS_MAX, ApiClient } from '../client.ts';
import type { Finding } from '../doctor/finding.ts';
import { fail, ok, warn } from '../doctor/finding.ts';
import {
  checkDescriptors,
  checkDisk,
  checkForm,
  checkHome,
  checkKeys,
  checkRunFile,
  checkRuntime,
  checkStarts,
  descriptorsSoft,
} from '../doctor/home-checks.ts';
import { checkBoot, checkPorts } from '../doctor/net-checks.ts';
import {
  checkClock,
  checkHealth,
  checkNat,
  checkPeers,
  checkVersion,
  type Health,
} from '../doctor/node-checks.ts';
import { homeOf, type Target } from '../home.ts';
import { plain, print, runAction, style } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';

export function registerDoctor(program: Command): void {
  withTarget(program.command('doctor').description('find what is wrong with a node, why, and how to mend it'))
    .addHelpText(
      'after',
      `
It looks at the home folder, the machine and, when the node runs, at the node. It changes nothing. Exit code 1 when something is wrong.

Examples:
  $ zerostate doctor
  $ zerostate doctor --home ~/my-node --json`,
    )
    .action(async (flags: ClientFlags) => {
      await runAction(flags, async () => {
        const findings = await examine(flags);
        const failed = findings.filter(({ state }) => state === 'fail').length;
        print(flags, { ok: failed === 0, findings }, () => describe(findings));
        if (failed > 0) process.exitCode = 1;
      });
    });
}

async function examine(flags: ClientFlags): Promise<Finding[]> {
  const findings: Finding[] = [checkRuntime()];
  const elsewhere = flags.api ?? process.env.ZEROSTATE_API;
  const client = await ApiClient.connect(flags).catch((error: unknown) => {
    if (isZeroError(error)) return error;
    throw error;
  });
  const running = client instanceof ApiClient ? client : undefined;
  if (elsewhere === undefined)
    findings.push(...(await examineHome(await homeOf(flags), running !== undefined)));
  else if (running === undefined && isZeroError(client))
    findings.push(fail('node', `${elsewhere} cannot be asked`, client.message, client.hint));
  if (running !== undefined) findings.push(...(await examineNode(running)));
  return findings;
}

async function examineHome(home: string, runs: boolean): Promise<Finding[]> {
  const { config, findings } = await checkHome(home);
  const form = await checkForm(home);
  // A newer version may have settings that this one does not know: that the version is newer is what matters.
  if (findings.some(({ state }) => state === 'fail') && config === undefined)
    return form.state === 'fail' ? [form, ...findings] : findings;
  findings.push(
    form,
    ...(await checkKeys(home)),
    await checkDisk(home),
    ...checkDescriptors(descriptorsSoft()),
  );
  if (!runs) {
    findings.push(...(await checkRunFile(home)));
    if (config !== undefined) findings.push(...(await checkStarts(home, config)));
    findings.push(warn('node', 'the node does not run', '', `Start it: zerostate up --home ${home}`));
    if (config !== undefined) findings.push(...(await checkPorts(config)));
  }
  if (config !== undefined) findings.push(...(await checkBoot(config)));
  return findings;
}

async function examineNode({ target }: ApiClient): Promise<Finding[]> {
  const limit = AbortSignal.timeout(ANSWER_MS_MAX);
  try {
    const node = await new ApiClient(target, limit).get<NodeView>('/v1/node');
    const health = (await (await fetch(`${target.api}/readyz`, { signal: limit })).json()) as Health;
    return [
      checkVersion(node),
      ok('ports', `the API answers at ${target.api}`),
      ...checkHealth(health),
      checkClock(node),
      checkNat(node),
      checkPeers(node),
    ];
  } catch (error) {
    if (limit.aborted) return [await hangs(target)];
    if (!isZeroError(error)) throw error;
    return [fail('node', `the API at ${target.api} does not serve`, error.message, error.hint)];
  }
}

async function hangs({ api, home }: Target): Promise<Finding> {
  const pid = home === undefined ? 'PID' : ((await readRunFile(home))?.pid ?? 'PID');
  return fail(
    'node',
    `the API at ${api} has not answered for ${ANSWER_MS_MAX / 1000} s`,
    'the process is there, and was stopped, hangs, or waits for a disk',
    `ps -o stat,etime,cmd -p ${pid} shows which: T was stopped (kill -CONT ${pid}), D waits for a disk; else restart the node.`,
  );
}

const MARK = { ok: style.green('✓'), warn: '!', fail: style.red('✗') };

function describe(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ cause, check, finding, remedy, state }) => [
    `${MARK[state]} ${check.padEnd(8)}  ${plain(finding)}`,
    ...(cause === '' ? [] : [`            ${style.dim('because')}  ${plain(cause)}`]),
    ...(remedy === '' ? [] : [`            ${style.bold('do')}       ${plain(remedy)}`]),
  ]);
  const wrong = findings.filter(({ state }) => state === 'fail').length;
  const odd = findings.filter(({ state }) => state === 'warn').length;
  const end =
    wrong + odd === 0
      ? 'All is in order.'
      : `${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong, ${odd} worth a look.`;
  return [...lines, '', end].join('\n');
}
