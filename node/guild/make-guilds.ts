// Puts the guilds of a node together.

import { ZeroError } from '../../protocol/errors/index.ts';
import { compareKeyOrder } from '../../protocol/identity/index.ts';
import type { Core } from '../context.ts';
import type { Service } from '../services.ts';
import { Carrier } from './carrier.ts';
import { Contents } from './contents.ts';
import { GuildService } from './guild-service.ts';
import type { Guilds } from './interface.ts';
import { Invitations } from './invitations.ts';
import { Keeper } from './keeper.ts';
import { KeyDesk } from './key-desk.ts';
import { KnownCredentials } from './keys/known-credentials.ts';
import type { CredentialJudge } from './keys/ring-keys.ts';
import { guildSuite } from './keys/suite.ts';
import { SILENT_BEATS } from './limits.ts';
import { Reception } from './reception.ts';
import { GuildRecords } from './records.ts';
import { Registry } from './registry.ts';
import type { Ring } from './ring.ts';
import { Seats } from './seats.ts';
import { Talk } from './talk.ts';

/** Who is believed: nobody whose keys were replaced or whose agent is revoked, as far as this node knows. */
function judgeOf({ book, clock, revocations }: Core): CredentialJudge {
  const known = new KnownCredentials();
  return {
    now: () => clock.now(),
    verify: (bytes) => known.verify(bytes, clock.now()),
    check: ({ agent, keys }) => {
      const entry = book.get(agent);
      if (entry === undefined) return;
      if (compareKeyOrder(entry.keys, keys) > 0)
        throw new ZeroError('GUILD_REFUSED', `${agent} has newer keys than it shows`);
      const { state, detail } = revocations.verdict(entry);
      if (state === 'revoked') throw new ZeroError('GUILD_REFUSED', `${agent} is ${detail}`);
    },
  };
}

/** The parts, not started. `seed` is the node's own. */
export function makeGuilds(core: Core, seed: Uint8Array): { guilds: Guilds; services: Service[] } {
  const { clock, config, db, events, log } = core;
  const silentMs = SILENT_BEATS * config.guilds.beatMs;
  const judge = judgeOf(core);
  const records = new GuildRecords(db);
  const contents = new Contents(core);
  const invitations = new Invitations();
  const desk = new KeyDesk(core);
  const carrier = new Carrier({ ...core, network: config.network, seed });
  const talk = new Talk({ carrier, log });
  const registry = new Registry({
    ...core,
    records,
    max: config.guilds.max,
    onEnd: (guild) => contents.forget(guild),
  });
  const ringOptions = { clock, silentMs, onChange: (ring: Ring) => registry.changed(ring) };
  const seats = new Seats({ ...core, desk, judge, invitations, talk, carrier });
  const parts = { ...core, registry, desk, judge, contents, invitations, talk, carrier, ringOptions, seats };
  const guilds = new GuildService(parts);
  const keeper = new Keeper({ ...parts, records, beatMs: config.guilds.beatMs, silentMs });
  const reception = new Reception({
    ...parts,
    config: config.guilds,
    onInvitation: () => events.emit('guild', () => ({ invitations: guilds.invitations() })),
    onMoved: (ring) => void keeper.look(ring),
  });
  const services: Service[] = [
    {
      name: 'guilds',
      start: async () => {
        await guildSuite();
        await keeper.sweep();
        await carrier.start(
          (bytes, peer) => reception.answer(bytes, peer),
          (sealed) => reception.gossiped(sealed),
        );
        keeper.start();
      },
      stop: async () => {
        keeper.stop();
        await keeper.farewell();
        desk.clear();
      },
    },
  ];
  return { guilds, services };
}
