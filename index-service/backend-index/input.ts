// What an index with another engine is made of. Types only.

import type { BackendEngine } from '../backend/interface.ts';
import type { Embedder, IndexLogger } from '../interface.ts';
import type { OpenCards } from '../open-folder.ts';
import type { CardShelf } from './shelf.ts';

export interface BackendIndexInput {
  readonly dir: string;
  readonly embedder: Embedder;
  readonly engine: BackendEngine;
  readonly log: IndexLogger | undefined;
  readonly now: () => number;
  readonly unlock: () => Promise<void>;
  readonly opened: OpenCards<CardShelf>;
}
