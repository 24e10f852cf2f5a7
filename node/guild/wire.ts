// What members say to each other: requests over the guild protocol, and the frames inside sealed messages. DAG-CBOR, read strictly.

import { encode } from '@ipld/dag-cbor';
import { ZeroError } from '../../protocol/errors/index.ts';
import { isAgentId } from '../../protocol/identity/index.ts';
import { decodeCborMap } from '../rpc/cbor.ts';

/** Control messages of one frame: the joins of a whole guild are told at once. */
const CONTROLS_MAX = 64;
/** Characters of a topic of content. */
const TOPIC_CHARS_MAX = 64;
const ID_BYTES = 16;

/** One request. All but `frame` travel on the direct connection only. */
export type GuildRequest =
  /** A key package of an agent, for a guild that it shall join. */
  | { readonly op: 'key'; readonly agent: string }
  /** Take this seat. `snapshot` is null at the founding, else the seats as the leader knows them. */
  | {
      readonly op: 'seat';
      readonly agent: string;
      readonly creation: Uint8Array;
      readonly snapshot: Uint8Array | null;
      readonly welcome: Uint8Array;
    }
  /** A person shall decide: the signed invitation, the creation, and the keychain of who invites. */
  | {
      readonly op: 'invite';
      readonly control: Uint8Array;
      readonly creation: Uint8Array;
      readonly keychain: Uint8Array;
    }
  /** The person said yes: a key package, and the signed acceptance. */
  | { readonly op: 'accept'; readonly control: Uint8Array; readonly keyPackage: Uint8Array }
  /** A sealed message. */
  | { readonly op: 'frame'; readonly sealed: Uint8Array }
  /** Sealed changes of members from this epoch on. */
  | { readonly op: 'missed'; readonly group: Uint8Array; readonly epoch: number }
  /** The last word of a member that lost its keys. */
  | { readonly op: 'farewell'; readonly control: Uint8Array };

/** What a sealed message holds. */
export type GuildFrame =
  | { readonly kind: 'control'; readonly controls: readonly Uint8Array[]; readonly commit: Uint8Array | null }
  | {
      readonly kind: 'content';
      readonly id: Uint8Array;
      readonly topic: string;
      readonly data: Uint8Array;
      /** True when the sender waits for an answer. */
      readonly ask: boolean;
    }
  | { readonly kind: 'answer'; readonly id: Uint8Array; readonly data: Uint8Array }
  /** The answer to `id` again, under the keys of now: the first one was overtaken by a change of members. */
  | { readonly kind: 'again'; readonly id: Uint8Array }
  | { readonly kind: 'beat' };

type Row = Record<string, unknown>;

function refuse(what: string): never {
  throw new ZeroError('DECODE_FAILED', `${what} of a guild has a wrong form`);
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
const isAgent = (value: unknown): boolean => typeof value === 'string' && isAgentId(value);
const isIndex = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isId = (value: unknown): boolean => isBytes(value) && value.length === ID_BYTES;
const isTopic = (value: unknown): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= TOPIC_CHARS_MAX;

type Check = (value: unknown) => boolean;

/** Members of each request beside `op`, and of each frame beside `kind`. */
const REQUESTS: Readonly<Record<GuildRequest['op'], Readonly<Record<string, Check>>>> = {
  key: { agent: isAgent },
  seat: {
    agent: isAgent,
    creation: isBytes,
    snapshot: (value) => value === null || isBytes(value),
    welcome: isBytes,
  },
  invite: { control: isBytes, creation: isBytes, keychain: isBytes },
  accept: { control: isBytes, keyPackage: isBytes },
  frame: { sealed: isBytes },
  missed: { group: isBytes, epoch: isIndex },
  farewell: { control: isBytes },
};
const FRAMES: Readonly<Record<GuildFrame['kind'], Readonly<Record<string, Check>>>> = {
  control: {
    controls: (value) => Array.isArray(value) && value.length <= CONTROLS_MAX && value.every(isBytes),
    commit: (value) => value === null || isBytes(value),
  },
  content: { id: isId, topic: isTopic, data: isBytes, ask: (value) => typeof value === 'boolean' },
  answer: { id: isId, data: isBytes },
  again: { id: isId },
  beat: {},
};

function matches(row: Row, name: string, checks: Readonly<Record<string, Check>> | undefined): boolean {
  return (
    checks !== undefined &&
    Object.keys(row).length === Object.keys(checks).length + 1 &&
    Object.entries(checks).every(([member, check]) => Object.hasOwn(row, member) && check(row[member])) &&
    Object.hasOwn(row, name)
  );
}

function own<T>(table: Readonly<Record<string, T>>, name: unknown): T | undefined {
  return typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;
}

export function encodeRequest(request: GuildRequest): Uint8Array {
  return encode(request);
}

/** Throws DECODE_FAILED. */
export function decodeRequest(bytes: Uint8Array): GuildRequest {
  const row = decodeCborMap(bytes, 'the request');
  return matches(row, 'op', own(REQUESTS, row.op)) ? (row as unknown as GuildRequest) : refuse('request');
}

export function encodeFrame(frame: GuildFrame): Uint8Array {
  return encode(frame);
}

/** Throws DECODE_FAILED. */
export function decodeFrame(bytes: Uint8Array): GuildFrame {
  const row = decodeCborMap(bytes, 'the frame');
  return matches(row, 'kind', own(FRAMES, row.kind)) ? (row as unknown as GuildFrame) : refuse('frame');
}

/** Several byte strings in one answer. */
export function encodeList(list: readonly Uint8Array[]): Uint8Array {
  return encode({ list });
}

/** Throws DECODE_FAILED. */
export function decodeList(bytes: Uint8Array, max: number): Uint8Array[] {
  const { list } = decodeCborMap(bytes, 'the answer');
  return Array.isArray(list) && list.length <= max && list.every(isBytes) ? list : refuse('answer');
}
