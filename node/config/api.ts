// Configuration of the HTTP API. docs/reference/configuration.md is generated from it.

import Type from 'typebox';

const closed = { additionalProperties: false } as const;

export const apiSchema = Type.Object(
  {
    host: Type.String({
      default: '127.0.0.1',
      maxLength: 255,
      description: 'Address of the HTTP API. Anything but loopback exposes the node: put TLS in front.',
    }),
    port: Type.Integer({
      default: 7480,
      minimum: 0,
      maximum: 65535,
      description: 'Port of the HTTP API; 0 takes any free one.',
    }),
    requestsPerSecond: Type.Integer({
      default: 500,
      minimum: 1,
      maximum: 100_000,
      description:
        'Requests a second of one token; four seconds of them at once. More are answered with 429.',
    }),
    publicUrl: Type.String({
      default: '',
      maxLength: 512,
      pattern: '^(?:https?://[^ ]+)?$',
      description:
        'Address at which clients reach the API through a proxy, for the A2A cards; empty: the one that they asked for.',
    }),
  },
  { ...closed, default: {}, description: 'HTTP API and console.' },
);
