// `zerostate sim generate`: files for clusters and for Shadow. Nothing is sent anywhere.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type OutputFlags, print, runAction, withJson } from '../../node/cli/index.ts';
import { kubernetesText, shadowFiles, sharesOf, slurmFiles } from '../generate/index.ts';
import { FIRST_SCENARIO, type ScenarioFlags, scenarioOf, wholeNumber, withScenarioFlags } from './flags.ts';

/** Files of private keys are for their owner only. */
const SECRET_MODE = 0o600;
const FOLDER_MODE = 0o700;

interface Flags extends ScenarioFlags, OutputFlags {
  readonly out: string;
  readonly vary?: readonly string[];
  readonly seedsEach: string;
  readonly parallel: string;
  readonly image: string;
  readonly claim: string;
  readonly minutes: string;
  readonly runtime: string;
  readonly program: string;
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
    writeFileSync(path, text, name.endsWith('.key') ? { mode: SECRET_MODE } : {});
  }
}

async function generate(kind: 'kubernetes' | 'slurm' | 'shadow', name: string | undefined, flags: Flags) {
  const scenario = await scenarioOf(name, flags);
  let files: Record<string, string>;
  let next: string;
  if (kind === 'shadow') {
    const { program, runtime } = flags;
    files = await shadowFiles({
      scenario,
      seed: scenario.seeds.first,
      node: runtime,
      program: resolve(program),
    });
    next = `cd ${flags.out} && shadow shadow.yaml`;
  } else {
    const shares = sharesOf(scenario, flags.vary ?? [], wholeNumber('seeds-each', flags.seedsEach));
    const common = { scenario, shares, parallel: wholeNumber('parallel', flags.parallel) };
    files =
      kind === 'kubernetes'
        ? { 'job.yaml': kubernetesText({ ...common, image: flags.image, claim: flags.claim }) }
        : slurmFiles({ ...common, minutes: wholeNumber('minutes', flags.minutes) });
    next =
      kind === 'kubernetes' ? `kubectl apply -f ${flags.out}/job.yaml` : `cd ${flags.out} && sbatch job.sh`;
  }
  write(flags.out, files);
  const names = Object.keys(files);
  print(flags, { folder: flags.out, files: names }, () => `${names.length} files in ${flags.out}\n  ${next}`);
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Adds `sim generate`. */
export function registerGenerate(sim: Command): void {
  const group = sim
    .command('generate')
    .description('write files that run a scenario on many machines, or in Shadow');
  const add = (kind: 'kubernetes' | 'slurm' | 'shadow', description: string) =>
    withJson(
      withScenarioFlags(
        group
          .command(kind)
          .description(description)
          .argument('[scenario]', `name or path of a scenario (default: ${FIRST_SCENARIO})`),
      ),
    )
      .option('--out <folder>', 'folder for the files', `sim-${kind}`)
      .action((name: string | undefined, flags: Flags) =>
        runAction(flags, () => generate(kind, name, flags)),
      );
  const array = (command: Command) =>
    command
      .option('--vary <key=values>', 'a parameter with its values, such as network.loss.good=0,0.1', collect)
      .option('--seeds-each <n>', 'seeds of one member', '10')
      .option('--parallel <n>', 'members that run at once', '50');
  array(add('kubernetes', 'a Kubernetes indexed Job over seeds and parameters'))
    .option('--image <image>', 'container image that has zerostate in its path', 'zerostate:latest')
    .option('--claim <name>', 'PersistentVolumeClaim for the results', 'sim-results');
  array(add('slurm', 'a Slurm array over seeds and parameters')).option(
    '--minutes <n>',
    'time limit of a member',
    '60',
  );
  add('shadow', 'a Shadow configuration that runs the real node, with a home for each')
    .option('--runtime <path>', 'Node on the machine that runs Shadow', 'node')
    .option('--program <path>', 'the program there', 'bin/zerostate.js');
}
