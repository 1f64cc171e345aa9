/** Compression of long streams, a piece at a time: at work outside the event loop, as a disk is. */
export interface Gzip {
  /** One gzip member of what the pieces are together. Takes the next piece when there is room for it. */
  compress(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer>;
  /**
   * What was compressed, in pieces of at most 64 KiB. Throws `invalidArgument` for what is not gzip, `dataLoss` for what is cut off or
   * damaged.
   */
  expand(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer>;
}
