// The one configuration schema of a node. docs/reference/configuration.md is generated from it.

import Type, { type Static } from 'typebox';
import { apiSchema } from './api.ts';
import {
  artifactsSchema,
  guildsSchema,
  indexSchema,
  logsSchema,
  policySchema,
  quarantineSchema,
  relaySchema,
  reputationSchema,
} from './parts.ts';

const closed = { additionalProperties: false } as const;

/** What a node may do for others. */
export const ROLES = ['edge', 'boot', 'index', 'index-shard', 'relay'] as const;
export type Role = (typeof ROLES)[number];

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export const configSchema = Type.Object(
  {
    name: Type.String({
      default: 'node',
      minLength: 1,
      maxLength: 64,
      pattern: '^[A-Za-z0-9._-]+$',
      description: 'Name that people see; it proves nothing.',
    }),
    network: Type.String({
      default: 'local',
      minLength: 1,
      maxLength: 32,
      pattern: '^[a-z0-9-]+$',
      description: 'Network profile: nodes of different networks ignore each other.',
    }),
    region: Type.String({
      default: 'local',
      minLength: 1,
      maxLength: 32,
      pattern: '^[a-z0-9-]+$',
      description: 'Region this node says it is in.',
    }),
    roles: Type.Array(Type.Enum([...ROLES]), {
      default: ['edge'],
      minItems: 1,
      maxItems: 5,
      uniqueItems: true,
      description:
        'What this node does for others: edge, boot, index (cards of all regions), index-shard (of its own region), relay.',
    }),
    listen: Type.Array(Type.String({ maxLength: 256 }), {
      default: ['/ip4/127.0.0.1/tcp/0'],
      maxItems: 16,
      description: 'Multiaddrs to listen on. "/p2p-circuit" reserves a slot on a relay.',
    }),
    announce: Type.Array(Type.String({ maxLength: 256 }), {
      default: [],
      maxItems: 16,
      description: 'Multiaddrs to tell others instead of the listening ones.',
    }),
    join: Type.Array(Type.String({ maxLength: 256 }), {
      default: [],
      maxItems: 32,
      description: 'Multiaddrs (with /p2p/<peer id>) of nodes to join through; any live one is enough.',
    }),
    boot: Type.Object(
      {
        list: Type.String({
          default: '',
          maxLength: 1024,
          description: 'Path or http(s) address of signed boot lists; read again by the hour. Empty: none.',
        }),
        signers: Type.Array(Type.String({ minLength: 56, maxLength: 56 }), {
          default: [],
          maxItems: 16,
          description: 'did:key of those who sign the first boot list; each list names who signs the next.',
        }),
        threshold: Type.Integer({
          default: 1,
          minimum: 1,
          maximum: 16,
          description: 'How many of them must have signed.',
        }),
        sequence: Type.Integer({
          default: 1,
          minimum: 1,
          maximum: 9007199254740991,
          description: 'Older boot lists than this are refused.',
        }),
      },
      { ...closed, default: {}, description: 'First contact.' },
    ),
    mdns: Type.Boolean({
      default: false,
      description: 'Find nodes of the same network on the local link by multicast DNS, and be found.',
    }),
    nat: Type.Boolean({
      default: true,
      description:
        'Ask peers whether this node can be reached from outside (AutoNAT), and punch holes for relayed connections (DCUtR).',
    }),
    api: apiSchema,
    log: Type.Object(
      {
        level: Type.Enum([...LEVELS], {
          default: 'info',
          description: 'Least severe level that is written to stderr.',
        }),
      },
      { ...closed, default: {}, description: 'Diagnostics.' },
    ),
    tracing: Type.Object(
      {
        endpoint: Type.String({
          default: '',
          maxLength: 256,
          description: 'OTLP/HTTP collector that spans go to, such as http://127.0.0.1:4318; empty: none.',
        }),
        file: Type.String({
          default: '',
          maxLength: 1024,
          description:
            'File that spans are appended to as OTLP JSON lines; at 64 MiB it becomes FILE.1, in place of the one before; empty: none.',
        }),
        sample: Type.Integer({
          default: 1000,
          minimum: 0,
          maximum: 1000,
          description:
            'Of a thousand new traces, how many are recorded. What a caller records is recorded here too.',
        }),
      },
      { ...closed, default: {}, description: 'Traces of work across nodes (OpenTelemetry).' },
    ),
    peers: Type.Object(
      {
        target: Type.Integer({
          default: 8,
          minimum: 1,
          maximum: 64,
          description: 'Connections that the node keeps up by itself.',
        }),
        max: Type.Integer({
          default: 128,
          minimum: 8,
          maximum: 1024,
          description: 'Connections at most; at least 10 % stay free for dialling out.',
        }),
        groupPrivate: Type.Boolean({
          default: false,
          description:
            'Count private and loopback addresses by network too, as public ones are: caps of inbound connections, routing table, quorums.',
        }),
      },
      { ...closed, default: {}, description: 'Connections.' },
    ),
    dht: Type.Object(
      {
        recordsMax: Type.Integer({
          default: 20000,
          minimum: 16,
          maximum: 1000000,
          description: 'DHT records held for others at most; one peer fills at most an eighth.',
        }),
        bytesMax: Type.Integer({
          default: 268435456,
          minimum: 1048576,
          maximum: 68719476736,
          description: 'Bytes of DHT records held at most; one peer fills at most an eighth.',
        }),
      },
      {
        ...closed,
        default: {},
        description: 'The share of the distributed hash table that this node holds.',
      },
    ),
    sync: Type.Object(
      {
        intervalSeconds: Type.Integer({
          default: 15,
          minimum: 1,
          maximum: 3600,
          description: 'Seconds between two rounds of anti-entropy with some peer.',
        }),
        originBytesMax: Type.Integer({
          default: 268435456,
          minimum: 65536,
          maximum: 1099511627776,
          description: 'Most bytes of one foreign log that are kept; a longer one is followed no further.',
        }),
        totalBytesMax: Type.Integer({
          default: 8589934592,
          minimum: 1048576,
          maximum: 1099511627776,
          description: 'Most bytes of all logs together that are kept.',
        }),
      },
      { ...closed, default: {}, description: 'Anti-entropy: what makes gossip complete.' },
    ),
    find: Type.Object(
      {
        revocationMaxAgeSeconds: Type.Integer({
          default: 300,
          minimum: 5,
          maximum: 86400,
          description:
            'A verdict needs revocation knowledge at most this old; else the answer is "unknown" and the agent is not accepted.',
        }),
        minScore: Type.Number({
          default: 0.2,
          minimum: 0,
          maximum: 1,
          description: 'Cosine similarity below which a card is no answer.',
        }),
      },
      { ...closed, default: {}, description: 'Discovery.' },
    ),
    tasks: Type.Object(
      {
        accept: Type.Boolean({
          default: true,
          description: 'Run tasks of other nodes for the agents that live here.',
        }),
        fuelMax: Type.String({
          default: '20000000000',
          pattern: '^[0-9]{1,18}$',
          description: 'Most fuel that a foreign task may ask for.',
        }),
        memoryBytesMax: Type.Integer({
          default: 268435456,
          minimum: 65536,
          maximum: 4294967296,
          description: 'Most memory in bytes that a foreign task may ask for.',
        }),
        wallMsMax: Type.Integer({
          default: 60000,
          minimum: 100,
          maximum: 600000,
          description: 'Most wall-clock milliseconds that a foreign task may ask for.',
        }),
      },
      { ...closed, default: {}, description: 'Execution of tasks.' },
    ),
    payments: Type.Object(
      {
        accept: Type.Boolean({
          default: true,
          description: 'Take part in payment channels that others open to the agents that live here.',
        }),
        issuers: Type.Array(Type.String({ pattern: '^zs:b[a-z2-7]{58}$' }), {
          default: [],
          maxItems: 64,
          description:
            'Agents whose issue of money counts, the same on every node of a network; empty on test networks: everybody issues test money.',
        }),
        issueMax: Type.String({
          default: '1000000000000',
          pattern: '^[0-9]{1,22}$',
          description: 'Most that one issuer may issue of one currency, in millionths.',
        }),
        escrow: Type.String({
          default: '100000000',
          pattern: '^[0-9]{1,22}$',
          description: 'What the payer locks in a channel that is opened by itself, in millionths.',
        }),
        step: Type.String({
          default: '10000000',
          pattern: '^[1-9][0-9]{0,21}$',
          description:
            'Most that is promised and not settled in such a channel, in millionths: what either side can lose.',
        }),
        penalty: Type.String({
          default: '10000000',
          pattern: '^[0-9]{1,22}$',
          description: 'What a side of such a channel loses that posts an old state, in millionths.',
        }),
        depositMax: Type.String({
          default: '0',
          pattern: '^[0-9]{1,22}$',
          description:
            'Most that the agents of this node deposit when others open channels to them, in millionths.',
        }),
        relayCredit: Type.String({
          default: '1000000',
          pattern: '^[0-9]{1,22}$',
          description:
            'Most that a peer may owe this node for relaying and still be served, in millionths; of use where a card of this node prices bytes.',
        }),
        disputeSeconds: Type.Integer({
          default: 3600,
          minimum: 1,
          maximum: 604800,
          description: 'How long the other side of such a channel may answer a close, in seconds.',
        }),
        disputeSecondsMax: Type.Integer({
          default: 86400,
          minimum: 1,
          maximum: 604800,
          description: 'Longest such time in channels that others open, in seconds.',
        }),
      },
      { ...closed, default: {}, description: 'Payment channels and the ledger.' },
    ),
    guilds: guildsSchema,
    logs: logsSchema,
    reputation: reputationSchema,
    policy: policySchema,
    quarantine: quarantineSchema,
    index: indexSchema,
    artifacts: artifactsSchema,
    relay: relaySchema,
  },
  closed,
);

/** A complete, validated configuration. */
export type Config = Static<typeof configSchema>;
