// The runner's commands as a program of their own, for use without a node: `node wasm-runner/cli/main.ts wasm run task.wasm`.

import { Command } from 'commander';
import { registerWasmCommands } from './index.ts';

const program = new Command('zerostate');
registerWasmCommands(program);
await program.parseAsync();
