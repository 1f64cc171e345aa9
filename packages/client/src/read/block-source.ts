import type { BlockPiece } from './read-codec.js';

/** Where the bytes of a range of a block come from, in order. */
export interface BlockSource {
  readonly closed: boolean;
  /** The next piece, never an empty one; undefined when this way to the worker is no good: another one is to go on from here. */
  read(): Promise<BlockPiece | undefined>;
  /** In the middle or at its end. Harmless when called again. */
  close(): void;
}
