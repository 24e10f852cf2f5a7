// An example for every command that carries none in its own help text. A test parses each of them, so none can name what is not there.

import type { Command } from 'commander';

/** Command path to command lines without the program's name. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  'boot key': ['boot key boot-signer.key'],
  'boot sign': ['boot sign list.json boot-lists.json --key boot-signer.key'],
  'boot show': ['boot show boot-lists.json --network devnet --key did:key:z6Mk…'],
  devnet: ['devnet', 'devnet --nodes 3 --home ./try'],
  'card create': ['card create my-card.yaml'],
  'card publish': ['card publish my-card.yaml'],
  'card update': ['card update Ledgerleaf my-card.yaml'],
  'card list': ['card list', 'card list --json'],
  'card show': ['card show Ledgerleaf'],
  'card resolve': ['card resolve Ledgerleaf'],
  'card watch': ['card watch', 'card watch Ledgerleaf --json'],
  'card rotate': ['card rotate Ledgerleaf'],
  'card revoke': [
    'card revoke Ledgerleaf --reason "key lost"',
    'card revoke Ledgerleaf --reason "key lost" --dry-run',
  ],
  'guild join': ['guild join "first ring"'],
  'guild list': ['guild list'],
  'guild show': ['guild show "first ring"'],
  'guild remove': ['guild remove "first ring" Ledgerleaf'],
  'guild leave': ['guild leave "first ring"'],
  'guild dissolve': ['guild dissolve "first ring"'],
  'task status': ['task status', 'task status q7mzkq --json'],
  'task logs': ['task logs', 'task logs q7mzkq --follow'],
  'task cancel': ['task cancel q7mzkq'],
  'task history': ['task history'],
  'partner list': ['partner list'],
  'partner show': ['partner show "Mill Audit"'],
  'partner sync': ['partner sync "Mill Audit"'],
  'partner remove': ['partner remove "Mill Audit"'],
  'partner seal': ['partner seal statement.json'],
  'receipt list': ['receipt list'],
  'receipt show': ['receipt show q7mzkq --out q7mzkq.receipt.json'],
  'receipt verify': ['receipt verify word-count-q7mzkq.receipt.json'],
  'receipt replay': ['receipt replay word-count-q7mzkq.receipt.json'],
  verify: ['verify card.json audit.bundle', 'verify old.receipt.json --at 2026-01-31T12:00:00Z'],
  'channel relay': ['channel relay 12D3KooW…'],
  'channel list': ['channel list'],
  'channel show': ['channel show q7mzkq'],
  'channel dispute': ['channel dispute q7mzkq'],
  'ledger show': ['ledger show'],
  'ledger balance': ['ledger balance'],
  'ledger verify': ['ledger verify'],
  'ledger statement': ['ledger statement assets:cash'],
  'log show': ['log show', 'log show --json'],
  'log checkpoint': ['log checkpoint'],
  'log prove': ['log prove 17'],
  'log check': ['log check'],
  'log witness': ['log witness'],
  'log copies': ['log copies 17'],
  'log forks': ['log forks'],
  'artifact add': ['artifact add ./results'],
  'artifact get': ['artifact get bafybei…'],
  'artifact list': ['artifact list'],
  'artifact show': ['artifact show bafybei…'],
  'artifact pin': ['artifact pin bafybei…'],
  'artifact unpin': ['artifact unpin bafybei…'],
  'prov add': ['prov add attestation.intoto.jsonl'],
  'prov query': ['prov query sha256:9f86d0…', 'prov query sha256:9f86d0… --direction sources --jsonl'],
  'prov show': ['prov show sha256:9f86d0…'],
  'prov prove': ['prov prove bafkrei… --out proof.tlog'],
  'prov bundle': ['prov bundle sha256:9f86d0… --out audit.bundle'],
  'prov revoke': ['prov revoke bafkrei… --reason "built from the wrong branch"'],
  'reputation show': ['reputation show Ledgerleaf'],
  'reputation list': ['reputation list'],
  'reputation events': ['reputation events Ledgerleaf'],
  'reputation appeal': ['reputation appeal Ledgerleaf bafkrei…'],
  'reputation reverse': ['reputation reverse Ledgerleaf bafkrei…'],
  'reputation export': ['reputation export --out reputation.log'],
  'reputation recompute': ['reputation recompute zs:bafy… --log one.log two.log'],
  'policy show': ['policy show'],
  'policy check': ['policy check ./policies'],
  'policy apply': ['policy apply ./policies', 'policy apply ./policies --dry-run'],
  'policy rollback': ['policy rollback --reason "too strict"'],
  'policy history': ['policy history'],
  'policy key': ['policy key policy-signer.key'],
  'policy sign': ['policy sign ./policies bundle.json --key policy-signer.key'],
  'policy override': ['policy override Ledgerleaf --reason "incident 12"'],
  'policy overrides': ['policy overrides'],
  why: ['why', 'why bafkrei… --replay'],
  trust: ['trust Ledgerleaf'],
  status: ['status', 'status --node edge-2 --json'],
  peers: ['peers'],
  logs: ['logs'],
  revocations: ['revocations'],
  restore: ['restore node.backup --home ~/my-node'],
  'index import': ['index import cards/ --dir ./index'],
  'index query': ['index query "turn invoices into a spreadsheet"'],
  'index stats': ['index stats'],
  'index serve': ['index serve --dir ./index'],
  'index compact': ['index compact --dir ./index'],
  'index verify': ['index verify --dir ./index'],
  'wasm run': ['wasm run word-count.wasm 8'],
  'wasm inspect': ['wasm inspect word-count.wasm'],
  'wasm meter': ['wasm meter word-count.wasm --out metered.wasm'],
  relay: ['relay --home ~/my-relay'],
  'relay status': ['relay status'],
  'relay why': ['relay why q7mzkq'],
  'relay routes': ['relay routes'],
  'relay policy': ['relay policy nearest'],
  'relay drain': ['relay drain'],
  'sim run': ['sim run'],
  'sim sweep': ['sim sweep --vary nodes=10,100'],
  'sim replay': ['sim replay 42'],
  'sim compare': ['sim compare run-a run-b'],
  'sim plot': ['sim plot run-a run-b'],
  'sim list': ['sim list'],
  'sim grid': ['sim grid'],
  'sim generate kubernetes': ['sim generate kubernetes'],
  'sim generate slurm': ['sim generate slurm'],
  'sim generate shadow': ['sim generate shadow'],
  'sim disjoint-paths': ['sim disjoint-paths'],
  'sim view': ['sim view sim-runs/first-run-1'],
  completion: [
    'completion bash > ~/.local/share/bash-completion/completions/zerostate',
    'completion zsh > ~/.zfunc/_zerostate',
  ],
};

/** Paths of all commands that do something, with the command. */
export function leavesOf(program: Command): Map<string, Command> {
  const walk = (command: Command, path: string): [string, Command][] =>
    command.commands.length === 0
      ? [[path, command]]
      : command.commands.flatMap((child) => walk(child, `${path} ${child.name()}`));
  return new Map(program.commands.flatMap((command) => walk(command, command.name())));
}

/** Adds the examples to the help texts. */
export function addExamples(program: Command): void {
  for (const [path, command] of leavesOf(program)) {
    const lines = EXAMPLES[path];
    if (lines === undefined) continue;
    const text = lines.map((line) => `  $ ${program.name()} ${line}`).join('\n');
    command.addHelpText('after', `\nExample${lines.length > 1 ? 's' : ''}:\n${text}`);
  }
}
