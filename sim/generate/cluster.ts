// Array jobs for one experiment: a Kubernetes indexed Job with its ConfigMap, or a Slurm array script. Each member reads its line of one table.

import { stringify } from 'yaml';
import { ZeroError } from '../../protocol/errors/index.ts';
import { scenarioText } from '../run/index.ts';
import type { Scenario } from '../scenario/index.ts';
import { type ConfigMap, checked, type Job, SCHEMAS } from './schemas.ts';
import { argumentsOf, type Share } from './shares.ts';

export interface ClusterOptions {
  readonly scenario: Scenario;
  readonly shares: readonly Share[];
  /** Members that run at once. */
  readonly parallel: number;
}

const SCENARIO_FILE = 'scenario.yaml';
const TABLE_FILE = 'members.txt';
const CPUS = 1;
const MEMORY_MIB = 2_048;

function tableOf({ shares }: ClusterOptions, scenario: string, out: string): string {
  return `${shares.map((share, at) => argumentsOf(share, scenario, `${out}/${at}`)).join('\n')}\n`;
}

/** A ConfigMap and an indexed Job as one YAML file. Results go to a claim, one folder a member. */
export function kubernetesText(
  options: ClusterOptions & { readonly image: string; readonly claim: string },
): string {
  const { claim, image, parallel, scenario, shares } = options;
  if (scenario.network.latency.matrixFile !== '')
    throw new ZeroError('SCENARIO_INVALID', 'a latency matrix is not carried into a Job', {
      hint: 'Put it into the image and name it there with --set network.latency.matrixFile=… in a member of your own, or use Slurm, whose members read it in place.',
    });
  const name = `zerostate-sim-${scenario.name}`.slice(0, 52).replace(/-+$/, '');
  const labels = { 'app.kubernetes.io/name': 'zerostate-sim', 'app.kubernetes.io/instance': name };
  const configMap: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels },
    data: {
      [SCENARIO_FILE]: scenarioText(scenario),
      [TABLE_FILE]: tableOf(options, `/scenario/${SCENARIO_FILE}`, `/results/${name}`),
    },
  };
  const resources = { cpu: String(CPUS), memory: `${MEMORY_MIB}Mi` };
  const script = `zerostate $(sed -n "$((JOB_COMPLETION_INDEX + 1))p" /scenario/${TABLE_FILE}) --workers ${CPUS}`;
  const job: Job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels },
    spec: {
      completionMode: 'Indexed',
      completions: shares.length,
      parallelism: Math.min(parallel, shares.length),
      backoffLimitPerIndex: 1,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          containers: [
            {
              name: 'sim',
              image,
              command: ['sh', '-c', script],
              env: [{ name: 'HOME', value: '/tmp' }],
              resources: { requests: resources, limits: resources },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                runAsNonRoot: true,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [
                { name: 'scenario', mountPath: '/scenario', readOnly: true },
                { name: 'results', mountPath: '/results' },
                { name: 'tmp', mountPath: '/tmp' },
              ],
            },
          ],
          volumes: [
            { name: 'scenario', configMap: { name } },
            { name: 'results', persistentVolumeClaim: { claimName: claim } },
            { name: 'tmp', emptyDir: {} },
          ],
        },
      },
    },
  };
  const documents = [checked(SCHEMAS.configMap, configMap), checked(SCHEMAS.job, job)];
  return documents.map((document) => stringify(document, { lineWidth: 0 })).join('---\n');
}

/** The files of a Slurm array: the script, its table and the scenario, by name. Started with `sbatch job.sh` in their folder. */
export function slurmFiles(options: ClusterOptions & { readonly minutes: number }): Record<string, string> {
  const { minutes, parallel, scenario, shares } = options;
  const script = [
    '#!/bin/bash',
    `#SBATCH --job-name=zerostate-sim-${scenario.name}`,
    `#SBATCH --array=0-${shares.length - 1}%${Math.min(parallel, shares.length)}`,
    `#SBATCH --cpus-per-task=${CPUS}`,
    `#SBATCH --mem=${MEMORY_MIB}M`,
    `#SBATCH --time=${minutes}`,
    '#SBATCH --output=member-%a.log',
    'set -euo pipefail',
    'cd "$SLURM_SUBMIT_DIR"',
    `read -r -a arguments <<< "$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" ${TABLE_FILE})"`,
    `srun zerostate "\${arguments[@]}" --workers ${CPUS}`,
    '',
  ];
  return {
    'job.sh': script.join('\n'),
    [TABLE_FILE]: tableOf(options, SCENARIO_FILE, 'results'),
    [SCENARIO_FILE]: scenarioText(scenario),
  };
}
