// Ids of peers that nobody has the keys of, for tests that only name them.

export const PEERS = [
  '12D3KooWGwtf5vqikkFCqKMEG57Sdx5xt9ngN8vwENiwUiV1RuAs',
  '12D3KooWQWUK9s1j9jx7x74K6mE1zPp73hQ9d9wdvQSEdX7YCiHs',
  '12D3KooWNagW5qWiZZPbuXcnHxAc1GMhjaVNYZCCZjTS11scedNz',
  '12D3KooWS9yq3NfoHqx82aiEM4wfxWeXoooFs3ck22261t3xKHDA',
  '12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8',
] as const;
