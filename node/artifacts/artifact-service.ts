// Artifacts as the rest of the node uses them: add, fetch, read, keep. What it answers is complete, verified and within bounds.

import { randomUUID } from 'node:crypto';
import type { CID } from 'multiformats/cid';
import { concatBytes } from '../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { ADDING, type ArtifactStore } from './artifact-store.ts';
import { parseCid } from './blocks.ts';
import { Fetch, type FetchDeps, type FetchOptions, type FetchProgress } from './fetch.ts';
import { FETCHES_MAX, LEASE_MS, REPLICAS } from './limits.ts';
import { measureDag } from './measure.ts';
import type { Providers } from './providers.ts';
import type { ArtifactRecord } from './records.ts';
import type { Replication } from './replication.ts';
import { SharedFetch, tooLarge } from './shared-fetch.ts';
import { exportFiles, importFiles, type OutEntry, type SourceFile } from './unixfs.ts';

/** Files of an artifact that are read into memory at once, in bytes: the inputs of one task. */
export const IN_MEMORY_BYTES_MAX = 256 * 1024 * 1024;

export interface AddOptions {
  readonly name?: string;
  /** False: the source is one file, which becomes the artifact itself. Default true: a folder. */
  readonly asFolder?: boolean;
  /** Keep it until it is unpinned, with copies in the region. Default true. */
  readonly pin?: boolean;
  /** Copies in the region, this one included. */
  readonly copies?: number;
}

export interface FetchArtifactOptions {
  /** Peer ids to ask first, for instance the requester of a task. */
  readonly from?: readonly string[];
  readonly bytesMax?: number;
  /** 0..1: how far whoever wants it is trusted; what strangers want gives way first. The own user is 1, the default. */
  readonly trust?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FetchProgress) => void;
}

export interface ArtifactServiceDeps extends FetchDeps {
  readonly store: ArtifactStore;
  readonly providers: Providers;
  readonly replication: () => Replication;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly region: string;
  readonly artifactBytesMax: number;
  /** Told of every change and of progress. */
  readonly onChange: (root: string, progress?: FetchProgress) => void;
}

/** Artifacts of one node. */
export class ArtifactService {
  readonly #deps: ArtifactServiceDeps;
  readonly #fetching = new Map<string, SharedFetch<ArtifactRecord>>();

  constructor(deps: ArtifactServiceDeps) {
    this.#deps = deps;
  }

  /** Adds files; answers once all of it is on disk. Throws USAGE, LIMIT_EXCEEDED, ARTIFACT_REFUSED or ARTIFACT_QUOTA. */
  async add(
    files: AsyncIterable<SourceFile> | Iterable<SourceFile>,
    options: AddOptions = {},
  ): Promise<ArtifactRecord> {
    const { artifactBytesMax, clock, providers, region, store } = this.#deps;
    const { asFolder = true, name = '', pin = true, copies = REPLICAS } = options;
    const adding = ADDING + randomUUID();
    await store.begin(adding, 1);
    try {
      const put = (cid: CID, bytes: Uint8Array) => store.put(adding, cid, bytes);
      const cid = await importFiles(files, { asFolder, bytesMax: artifactBytesMax, put });
      const root = cid.toString();
      await store.begin(root, 1);
      try {
        await store.rename(adding, root);
        const measure = await this.#measure(cid);
        const replication =
          pin && copies > 1
            ? {
                region,
                copies,
                owner: '',
                until: clock.now() + LEASE_MS,
                holders: store.record(root)?.replication?.holders ?? [],
              }
            : (store.record(root)?.replication ?? null);
        const known = store.record(root);
        const record = await store.update(root, {
          ...measure,
          complete: true,
          name: name === '' ? (known?.name ?? '') : name,
          pinned: pin || known?.pinned === true,
          replication,
          trust: 1,
        });
        providers.announce(cid);
        this.#deps.onChange(root);
        return record;
      } finally {
        store.release(root);
      }
    } finally {
      store.release(adding);
      await store.drop(adding);
    }
  }

  /** Adds bytes as one file that nobody is asked to copy; answers its content id. For modules and inputs of tasks. */
  async addBytes(bytes: Uint8Array, options: AddOptions = {}): Promise<string> {
    const source = [{ path: '', content: bytes }];
    return (await this.add(source, { pin: false, ...options, asFolder: false })).root;
  }

  /**
   * Makes an artifact complete here: what is missing is fetched, what arrives is kept also when the rest does not.
   * Throws ARTIFACT_INCOMPLETE, ARTIFACT_REFUSED, ARTIFACT_QUOTA, BUSY or DECODE_FAILED.
   */
  async fetch(root: string, options: FetchArtifactOptions = {}): Promise<ArtifactRecord> {
    const { artifactBytesMax, store } = this.#deps;
    const cid = parseCid(root);
    const key = cid.toString();
    const bytesMax = Math.min(artifactBytesMax, options.bytesMax ?? artifactBytesMax);
    const waiting = { bytesMax, signal: options.signal, onProgress: options.onProgress };
    const known = store.record(key);
    if (known?.complete === true) {
      if (known.contentBytes > bytesMax) throw tooLarge(bytesMax);
      await store.touch(key);
      return known;
    }
    const running = this.#fetching.get(key);
    if (running?.isStopping === true) {
      await running.ended;
      return await this.fetch(root, options);
    }
    if (running !== undefined)
      try {
        return await running.join(waiting);
      } catch (error) {
        // Too large for whoever began it is not too large for everybody.
        const isTheirs =
          isZeroError(error) && error.code === 'ARTIFACT_REFUSED' && bytesMax > running.bytesMax;
        if (!isTheirs) throw error;
        await running.ended;
        return await this.fetch(root, options);
      }
    if (this.#fetching.size >= FETCHES_MAX)
      throw new ZeroError('BUSY', 'too many artifacts are being fetched');
    const fetching = new SharedFetch(bytesMax, (signal, onProgress) =>
      this.#fetch(cid, bytesMax, options, { signal, onProgress }).finally(() => this.#fetching.delete(key)),
    );
    this.#fetching.set(key, fetching);
    return await fetching.join(waiting);
  }

  async #fetch(
    cid: CID,
    bytesMax: number,
    options: FetchArtifactOptions,
    shared: Pick<FetchOptions, 'signal' | 'onProgress'>,
  ): Promise<ArtifactRecord> {
    const { metrics, onChange, providers, store } = this.#deps;
    const root = cid.toString();
    await store.begin(root, options.trust ?? 1);
    try {
      await new Fetch(this.#deps, cid, {
        from: options.from ?? [],
        bytesMax,
        signal: shared.signal,
        onProgress: (progress) => {
          shared.onProgress(progress);
          onChange(root, progress);
        },
      }).run();
      const measure = await this.#measure(cid);
      const record = await store.update(root, { ...measure, complete: true });
      metrics.count('zerostate_artifact_fetches_total', { result: 'ok' });
      providers.announce(cid);
      onChange(root);
      return record;
    } catch (error) {
      metrics.count('zerostate_artifact_fetches_total', {
        result: isZeroError(error) ? error.code : 'INTERNAL',
      });
      // What can never become an artifact takes no room.
      if (isZeroError(error) && error.code === 'ARTIFACT_REFUSED') await store.drop(root);
      throw error;
    } finally {
      store.release(root);
    }
  }

  async #measure(cid: CID) {
    const { artifactBytesMax, store } = this.#deps;
    const { kind, contentBytes, entries } = await measureDag(cid, (block) => store.get(block), {
      contentBytesMax: artifactBytesMax,
    });
    return { kind, contentBytes, entries };
  }

  /** The files and folders of an artifact that is complete here. Throws NOT_FOUND or ARTIFACT_INCOMPLETE. */
  async *entries(root: string): AsyncGenerator<OutEntry> {
    const cid = parseCid(root);
    using _ = this.hold(cid.toString());
    if (this.show(root).complete !== true)
      throw new ZeroError('ARTIFACT_INCOMPLETE', `blocks of ${root} are missing here`);
    await this.#deps.store.touch(cid.toString());
    yield* exportFiles(cid, (block) => this.#deps.store.get(block));
  }

  /** The content of an artifact that is one file. Throws ARTIFACT_REFUSED for a folder, LIMIT_EXCEEDED past `bytesMax`. */
  async bytes(root: string, options: { bytesMax?: number } = {}): Promise<Uint8Array> {
    const files = await this.files(root, options);
    const only = files[''];
    if (only === undefined) throw new ZeroError('ARTIFACT_REFUSED', `${root} is a folder, not a file`);
    return only;
  }

  /** Every file of an artifact in memory, by path; '' for one that is a file itself. Throws LIMIT_EXCEEDED. */
  async files(root: string, options: { bytesMax?: number } = {}): Promise<Record<string, Uint8Array>> {
    const { contentBytes } = this.show(root);
    const most = Math.min(IN_MEMORY_BYTES_MAX, options.bytesMax ?? IN_MEMORY_BYTES_MAX);
    if (contentBytes > most)
      throw new ZeroError('LIMIT_EXCEEDED', `${root} has ${contentBytes} bytes, at most ${most} are taken`);
    const files: [string, Uint8Array][] = [];
    for await (const entry of this.entries(root)) {
      if (entry.kind !== 'file') continue;
      const parts: Uint8Array[] = [];
      for await (const part of entry.read()) parts.push(part);
      files.push([entry.path, concatBytes(...parts)]);
    }
    return Object.fromEntries(files);
  }

  /** Keeps an artifact from giving way while something needs it, for instance a task. Throws NOT_FOUND. */
  hold(root: string): Disposable {
    const { store } = this.#deps;
    store.hold(root);
    return { [Symbol.dispose]: () => store.release(root) };
  }

  /** Keeps an artifact until it is unpinned, with copies in the region. Throws NOT_FOUND. */
  async pin(root: string, copies: number = REPLICAS): Promise<ArtifactRecord> {
    const { clock, region, store } = this.#deps;
    const { replication } = this.show(root);
    const wanted = { region, copies, owner: '', until: clock.now() + LEASE_MS };
    const record = await store.update(root, {
      pinned: true,
      trust: 1,
      replication: copies > 1 ? { ...wanted, holders: replication?.holders ?? [] } : replication,
    });
    this.#deps.onChange(root);
    return record;
  }

  /** Lets an artifact give way when room is needed, here and at the holders of its copies. Throws NOT_FOUND. */
  async unpin(root: string): Promise<ArtifactRecord> {
    this.show(root);
    await this.#deps.replication().release(root);
    const record = await this.#deps.store.update(root, { pinned: false });
    this.#deps.onChange(root);
    return record;
  }

  /** One artifact. Throws NOT_FOUND. */
  show(root: string): ArtifactRecord {
    const record = this.#deps.store.record(root);
    if (record === undefined) throw new ZeroError('NOT_FOUND', `artifact ${root} is not here`);
    return record;
  }

  /** Every artifact, the latest used first. */
  list(): ArtifactRecord[] {
    return this.#deps.store
      .records()
      .filter(({ root }) => !root.startsWith(ADDING))
      .sort((a, b) => b.usedAt - a.usedAt || (a.root < b.root ? -1 : 1));
  }
}
