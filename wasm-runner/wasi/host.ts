// One run's WASI host: its streams, file system, clock, randomness and fuel. The calls themselves stand in calls-*.ts.
// Must not: touch the machine's files, network, clock or entropy, unless the job asked for a real clock.

import { FUEL_UNIT } from '../meter/counter.ts';
import { NODE_BYTES, OutputBudget } from './budget.ts';
import { type GuestClock, RealClock, VirtualClock } from './clock.ts';
import { Descriptors, type OpenDirectory } from './descriptors.ts';
import { FuelEnd } from './ends.ts';
import {
  EBADF,
  ENOTDIR,
  fail,
  RIGHT_FD_READ,
  RIGHT_FD_WRITE,
  RIGHTS_ALL,
  RIGHTS_DIRECTORY,
  RIGHTS_STREAM,
} from './errno.ts';
import { GuestMemory } from './memory.ts';
import { compareUtf8, DirectoryNode, FileNode, type Tree } from './nodes.ts';
import { type GuestRandom, RealRandom, SeededRandom } from './random.ts';

/** Argument 0 of every task: a name that a caller could choose would be one more thing to agree on. */
const PROGRAM_NAME = 'task';

/** What a host needs of a job. */
export interface HostJob {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: Uint8Array;
  readonly inputs: Readonly<Record<string, Uint8Array>>;
  readonly outputBytes: number;
  readonly mode: 'deterministic' | 'live';
  readonly seed: Uint8Array;
  readonly clockOriginNs: bigint;
  readonly clockStepNs: bigint;
  /** Told of what is written to a standard stream, after it was counted. The guest cannot tell whether anybody listens. */
  readonly onWrite?: ((stream: 'stdout' | 'stderr', bytes: Uint8Array) => void) | undefined;
}

/** The instance's counter global (meter/counter.ts). */
export interface CounterPort {
  value: bigint;
}

/** Bytes of one standard stream, kept in parts until the run ends. */
class Sink {
  readonly #budget: OutputBudget;
  #bytes = new Uint8Array(0);
  #size = 0;

  constructor(budget: OutputBudget) {
    this.#budget = budget;
  }

  write(bytes: Uint8Array): void {
    this.#budget.take(bytes.length);
    if (this.#size + bytes.length > this.#bytes.length) {
      const bigger = new Uint8Array(Math.max(256, this.#bytes.length * 2, this.#size + bytes.length));
      bigger.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = bigger;
    }
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  content(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }
}

export class WasiHost {
  readonly args: readonly Uint8Array[];
  readonly env: readonly Uint8Array[];
  readonly clock: GuestClock;
  readonly random: GuestRandom;
  readonly descriptors = new Descriptors();
  readonly budget: OutputBudget;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Calls made, for diagnostics. */
  calls = 0;
  /** Fuel that host calls took; the guest's own share is the rest. */
  hostFuel = 0;
  #memory: GuestMemory | null = null;
  #counter: CounterPort = { value: 0n };
  #inode = 0n;
  readonly #out: DirectoryNode;

  constructor(job: HostJob) {
    const encoder = new TextEncoder();
    this.args = [PROGRAM_NAME, ...job.args].map((arg) => encoder.encode(arg));
    // Sorted, so that the order in which a caller built the object does not show.
    this.env = Object.keys(job.env)
      .sort(compareUtf8)
      .map((name) => encoder.encode(`${name}=${job.env[name]}`));
    this.clock = job.mode === 'live' ? new RealClock() : new VirtualClock(job.clockOriginNs, job.clockStepNs);
    this.random = job.mode === 'live' ? new RealRandom() : new SeededRandom(job.seed);
    // The root of the output tree is free; what is put into it counts.
    this.budget = new OutputBudget(job.outputBytes + NODE_BYTES);
    this.stdout = new Sink(this.budget);
    this.stderr = new Sink(this.budget);
    const tree = (readOnly: boolean): Tree => ({
      readOnly,
      budget: readOnly ? null : this.budget,
      stamp: () => this.clock.stamp(),
      nextInode: () => ++this.#inode,
    });
    const writer = (name: 'stdout' | 'stderr') => (bytes: Uint8Array) => {
      this[name].write(bytes);
      job.onWrite?.(name, bytes);
    };
    const streams = { rights: RIGHTS_STREAM | RIGHT_FD_WRITE, inheriting: 0n, flags: 0 };
    this.descriptors.add({
      kind: 'input',
      rights: RIGHTS_STREAM | RIGHT_FD_READ,
      inheriting: 0n,
      flags: 0,
      bytes: job.stdin,
      offset: 0,
    });
    this.descriptors.add({ kind: 'output', ...streams, write: writer('stdout') });
    this.descriptors.add({ kind: 'output', ...streams, write: writer('stderr') });
    this.preopen('/in', inputTree(tree(true), job.inputs));
    this.#out = new DirectoryNode(tree(false));
    this.preopen('/out', this.#out);
  }

  /** Makes a directory reachable under a guest path before the run. */
  preopen(path: string, node: DirectoryNode): number {
    return this.descriptors.add({
      kind: 'directory',
      rights: RIGHTS_DIRECTORY,
      inheriting: RIGHTS_ALL,
      flags: 0,
      node,
      preopen: path,
      listing: null,
    });
  }

  /** Connects the host to an instance before anything of it runs. */
  attach(memory: WebAssembly.Memory, counter: CounterPort): void {
    this.#memory = new GuestMemory(memory);
    this.#counter = counter;
  }

  get memory(): GuestMemory {
    return this.#memory!;
  }

  /** Takes fuel for work of the host, before it is done. */
  charge(units: number): void {
    this.hostFuel += units;
    const left = this.#counter.value - BigInt(units * FUEL_UNIT);
    this.#counter.value = left;
    if (left < 0n) throw new FuelEnd();
  }

  /** The open directory of a descriptor. */
  directory(fd: number): OpenDirectory {
    const descriptor = this.descriptors.get(fd);
    if (descriptor.kind !== 'directory') fail(descriptor.kind === 'file' ? ENOTDIR : EBADF);
    return descriptor;
  }

  /** Regular files beneath the output directory, by path, in path order. A file with two names is there twice. */
  outputs(): Record<string, Uint8Array> {
    const files: [path: string, content: Uint8Array][] = [];
    const visit = (directory: DirectoryNode, prefix: string): void => {
      for (const [name, node] of directory.sorted()) {
        if (node instanceof FileNode) files.push([prefix + name, node.content()]);
        else if (node instanceof DirectoryNode) visit(node, `${prefix + name}/`);
      }
    };
    visit(this.#out, '');
    return Object.fromEntries(files); // not by assignment: a task may name a file "__proto__"
  }
}

function inputTree(tree: Tree, inputs: Readonly<Record<string, Uint8Array>>): DirectoryNode {
  const root = new DirectoryNode(tree);
  for (const path of Object.keys(inputs).sort(compareUtf8)) {
    const parts = path.split('/');
    const name = parts.pop()!;
    let directory = root;
    for (const part of parts) {
      let next = directory.entries.get(part);
      if (!(next instanceof DirectoryNode)) {
        next = new DirectoryNode(tree);
        directory.attach(part, next);
      }
      directory = next;
    }
    directory.attach(name, new FileNode(tree, inputs[path]!));
  }
  return root;
}
