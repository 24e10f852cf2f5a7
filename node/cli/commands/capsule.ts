// zerostate capsule: an incident as one file, that another machine looks into and replays bit for bit, also with other policies.

import type { Command } from 'commander';
import {
  CAPSULE_BYTES_MAX,
  type Capsule,
  decodeCapsule,
  exporterOf,
  exporterText,
  verifyWithCapsules,
} from '../../../protocol/capsule/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { type CapsuleReplay, replayCapsule, type SimulationReplayer } from '../capsule-replay.ts';
import { ApiClient } from '../client.ts';
import type { OutputFlags } from '../output.ts';
import { plain, print, runAction, style } from '../output.ts';
import { readBounded } from '../read-file.ts';
import { showReport, timeOf } from '../report-text.ts';
import { type ClientFlags, withJson, withTarget } from '../shared-flags.ts';
import { idOf } from '../short-id.ts';
import { OWN_FILE, writeWhole } from '../write-file.ts';

interface ExportFlags extends ClientFlags {
  out: string;
  inputs: boolean;
  secrets?: boolean;
}

type ReplayFlags = OutputFlags & { policy?: string; large?: true; at?: string; digest?: string };

/** Throws DECODE_FAILED where a capsule is not the one that a person was told of. What in it is signed by nobody is bound by this alone. */
function requireDigest(bytes: Uint8Array, wanted: string | undefined): void {
  if (wanted === undefined) return;
  const { digest } = decodeCapsule(bytes);
  if (digest !== wanted)
    throw new ZeroError('DECODE_FAILED', `the capsule has the digest ${digest}, and not ${wanted}`, {
      hint: 'It was changed, or is of another incident: ask who made it for the digest and the file again.',
    });
}

/** Adds the commands. `simulator` runs scenarios. */
export function registerCapsule(program: Command, simulator: SimulationReplayer): void {
  const capsule = program
    .command('capsule')
    .description('incidents in one file, replayed elsewhere: export, show, replay');

  withTarget(
    capsule
      .command('export')
      .description('a decision, a receipt or a task with all that it rests on, as one file')
      .argument('<incident>', 'id of a decision (zerostate why), a receipt or a task, or its end'),
  )
    .requiredOption('--out <file>', 'file to write')
    .option('--no-inputs', 'name what a task was given by digest, and do not pass it on')
    .option('--secrets', 'leave in what looks like a secret')
    .action(async (incident: string, flags: ExportFlags) => {
      await runAction(flags, async () => await write(incident, flags));
    });

  withJson(
    capsule
      .command('show')
      .description('what a capsule holds, and whether it is genuine')
      .argument('<file>', 'a capsule, from "zerostate capsule export"'),
  )
    .option('--at <time>', 'verification time (RFC 3339); default: now')
    .option('--digest <digest>', 'refuse any capsule but the one that "capsule export" named so')
    .action(async (file: string, flags: OutputFlags & { at?: string; digest?: string }) => {
      await runAction(flags, async () => {
        const bytes = await readBounded(file, CAPSULE_BYTES_MAX);
        requireDigest(bytes, flags.digest);
        const report = verifyWithCapsules(bytes, { now: timeOf(flags.at) });
        if (report.ok && report.kind !== 'capsule') throw new ZeroError('USAGE', `${file} is not a capsule`);
        if (!report.ok || flags.json !== true) showReport(flags, file, report);
        if (report.ok) print(flags, decodeCapsule(bytes).capsule, describe);
      });
    });

  withJson(
    capsule
      .command('replay')
      .description('decide and run again what a capsule holds, and say whether it is the same')
      .argument('<file>', 'a capsule, from "zerostate capsule export"'),
  )
    .option('--policy <policy>', 'decide by others: a .cedar file, a folder, or a file of bundles')
    .option('--large', 'also a simulation of very many nodes, which may take long and much memory')
    .option('--at <time>', 'verification time (RFC 3339); default: now')
    .option('--digest <digest>', 'refuse any capsule but the one that "capsule export" named so')
    .action(async (file: string, flags: ReplayFlags) => {
      await runAction(flags, async () => {
        const bytes = await readBounded(file, CAPSULE_BYTES_MAX);
        requireDigest(bytes, flags.digest);
        const report = verifyWithCapsules(bytes, { now: timeOf(flags.at) });
        if (report.ok && report.kind !== 'capsule') throw new ZeroError('USAGE', `${file} is not a capsule`);
        if (!report.ok) return showReport(flags, file, report);
        const { capsule: held, digest } = decodeCapsule(bytes);
        const replay = await replayCapsule(held, { policy: flags.policy, simulator, large: flags.large });
        print(flags, { digest, exporter: exporterOf(held), ...replay }, (one) => replayText(one, held));
        // What other policies would have done is an answer, not a failure.
        if (flags.policy === undefined) process.exitCode = exitOf(replay);
      });
    });
}

/** Exit code of a replay that is the same as far as something was there to be replayed: neither done nor refused. */
export const EXIT_PARTS_MISSING = 5;

function exitOf({ left, same }: CapsuleReplay): number {
  if (!same) return 3;
  return left.length === 0 ? 0 : EXIT_PARTS_MISSING;
}

/** Newest decisions among which a shortened id is sought. */
const SOUGHT_MAX = 200;

async function write(incident: string, flags: ExportFlags): Promise<void> {
  const client = await ApiClient.connect(flags);
  let id = incident;
  if (!incident.startsWith('bafkrei')) {
    const { decisions } = await client.get<{ decisions: { id: string }[] }>(
      `/v1/decisions?limit=${SOUGHT_MAX}`,
    );
    id = idOf(incident, decisions) ?? incident;
  }
  const query = `inputs=${flags.inputs}&secrets=${flags.secrets === true}`;
  const response = await client.stream('GET', `/v1/capsules/${encodeURIComponent(id)}?${query}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { capsule, digest } = decodeCapsule(bytes);
  await writeWhole(flags.out, bytes, OWN_FILE);
  const { absent, redacted } = capsule;
  print(
    flags,
    {
      file: flags.out,
      bytes: bytes.length,
      digest,
      incident: capsule.incident,
      id: capsule.id,
      redacted,
      absent,
    },
    (made) =>
      [
        `wrote ${made.file}: the ${made.incident} ${plain(made.id)}, ${made.bytes} bytes, ${made.digest}`,
        ...redacted.map((path) => `  taken out: ${plain(path)}`),
        ...absent.map((one) => `  not held here any more: ${plain(one)}`),
      ].join('\n'),
  );
}

function describe(capsule: Capsule): string {
  const { absent, decisions, inputs, node, originals, parts, policies, receipts, simulation, versions } =
    capsule;
  const bytes = Object.values(parts).reduce((sum, text) => sum + Math.floor((text.length * 3) / 4), 0);
  const said = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    ...(node === null ? [] : [`  at        ${plain(node)}`]),
    ...(said.length === 0 ? [] : [`  made by   ${plain(said.join(', '))}`]),
    ...(simulation === null
      ? []
      : [`  runs      seed ${simulation.seed} for ${simulation.until} s, trace ${simulation.traceHash}`]),
    `  holds     ${decisions.length} decisions under ${policies.length} policies, ${originals.length} signed originals, ${receipts.length} receipts, ${inputs === null ? 'no inputs' : `inputs of ${bytes} bytes`}`,
    ...(absent.length === 0 ? [] : [`  lacks     ${absent.map(plain).join(' ')}`]),
  ].join('\n');
}

const word = (same: boolean) => (same ? style.green('the same') : style.red('different'));
const differing = (list: readonly { term: string; was: string; now: string }[]) =>
  list.map(({ now, term, was }) => `      ${plain(term)}: was ${plain(was) || '-'}, is ${plain(now) || '-'}`);

/** "Identical" is said of all of a capsule or of none; and of which capsule, as one that was changed throughout has another digest. */
function verdictText({
  digest,
  left,
  policy,
  same,
}: Pick<CapsuleReplay, 'left' | 'policy' | 'same'> & { digest: string }): string {
  const under = policy === null ? '' : ` under ${plain(policy)}`;
  const rest = left.length === 0 ? 'identical' : 'what was replayed is the same, the rest stands above';
  return `${same ? style.green(rest) : style.red('different')}${under}  ${digest}`;
}

function replayText(
  {
    decisions,
    digest,
    exporter,
    left,
    policy,
    ranking,
    runs,
    same,
    simulation,
  }: CapsuleReplay & { digest: string; exporter: string | null },
  capsule: Capsule,
): string {
  const names = new Map(
    capsule.decisions.flatMap(({ record }) =>
      (record as { candidates: { resource: { id: string; facts: { name?: unknown } } }[] }).candidates.map(
        ({ resource }) =>
          [resource.id, `${String(resource.facts.name ?? '')} ${resource.id}`.trim()] as const,
      ),
    ),
  );
  return [
    ...decisions.flatMap((one) => [
      `  ${word(one.same)}  ${one.kind} ${one.decision}: ${one.asked} asked under ${plain(one.policy.name)} ${one.policy.sequence}, ${one.turned.length} turn`,
      ...one.differences.map(
        ({ about, now, term, was }) =>
          `      ${plain(names.get(about) ?? about)} ${term}: was ${plain(was) || '-'}, is ${plain(now) || '-'}`,
      ),
    ]),
    ...runs.flatMap(({ differences, receipt }) => [
      `  ${word(differences.length === 0)}  run ${receipt}`,
      ...differing(differences),
    ]),
    ...(ranking === null
      ? []
      : [
          `  ${word(ranking.differences.length === 0)}  choice of members: ${ranking.members} ranked`,
          ...differing(ranking.differences),
        ]),
    ...(simulation === null
      ? []
      : [
          `  ${word(simulation.differences.length === 0)}  simulation, seed ${simulation.seed}`,
          ...differing(simulation.differences),
        ]),
    ...left.map((what) => `  not replayed: ${plain(what)}`),
    `  ${plain(exporterText(exporter))}`,
    verdictText({ digest, left, policy, same }),
  ].join('\n');
}
