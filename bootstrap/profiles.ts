// Network profiles: what a node must know before its first contact: the network's name, where its signed boot list is, and who signs it.
// A profile is a small file that the people of a network hand out, over a channel that they trust.

import { dirname } from 'node:path';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { ZeroError } from '../protocol/errors/index.ts';
import { parseStrictJson } from '../protocol/json/index.ts';
import { networkSchema, signersSchema } from './boot-list.ts';
import { absolutePlace, readPlace } from './list-reader.ts';

const profileSchema = Type.Object(
  {
    kind: Type.Literal('zerostate-network-profile/v1'),
    network: networkSchema,
    description: Type.Optional(Type.String({ maxLength: 500 })),
    /** Who signs the first boot list that a newcomer reads. */
    signers: signersSchema,
    /** The sequence of that list: older ones are refused. */
    sequence: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    /** Path (from the profile's folder) or http(s) address of the signed lists. */
    bootList: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
  },
  { additionalProperties: false },
);

/** A network's profile. */
export type NetworkProfile = Static<typeof profileSchema>;

/** Names that need no file, and what they mean. */
export const PROFILE_NAMES = {
  devnet: 'the devnet of this machine, as "zerostate devnet" made it',
  testnet: 'a public network for trials; there is none yet',
} as const;

/** What is said of the name that has nothing behind it. */
export const NO_TESTNET =
  'Nobody runs a public testnet. docs/how-to/run-a-network.md shows how to run a network; then give its profile file.';

/** Reads a profile file; `bootList` comes back absolute. Throws CONFIG_INVALID. */
export async function readProfile(path: string): Promise<NetworkProfile> {
  let text: string;
  try {
    text = await readPlace(absolutePlace(path));
  } catch (cause) {
    const names = Object.keys(PROFILE_NAMES).join(', ');
    throw new ZeroError('CONFIG_INVALID', `there is no profile ${path}`, {
      cause,
      hint: `Give ${names}, or the file that the people of the network hand out.`,
    });
  }
  try {
    const profile: unknown = parseStrictJson(text);
    if (Value.Check(profileSchema, profile) && profile.signers.threshold <= profile.signers.keys.length)
      return profile.bootList === undefined
        ? profile
        : { ...profile, bootList: absolutePlace(profile.bootList, dirname(absolutePlace(path))) };
  } catch (cause) {
    throw new ZeroError('CONFIG_INVALID', `${path} is no JSON of a network profile`, { cause });
  }
  const [first] = Value.Errors(profileSchema, parseStrictJson(text));
  throw new ZeroError(
    'CONFIG_INVALID',
    `${path} is no network profile: ${first === undefined ? 'more signers are needed than there are' : `${first.instancePath || '/'} ${first.message}`}`,
    { hint: 'docs/how-to/run-a-network.md shows one.' },
  );
}
