/** One TCP connection, as the protocol above sees it. */
export interface ByteConnection {
  /** `host:port` of the other side. */
  readonly peer: string;
  /** Names the one who is told; until then nothing is read. */
  attach(user: ByteUser): void;
  /**
   * Hands `parts` to the kernel in their order, in one call where it can. True when the kernel took them all at once;
   * otherwise `taken` follows, and nothing may be written before that.
   */
  write(parts: readonly Uint8Array[]): boolean;
  /** Calls back once the current turn of the event loop has handled its input. */
  defer(callback: () => void): void;
  /** Half-closes. */
  end(): void;
  /** Closes at once; `closed` follows. */
  destroy(): void;
}

export interface ByteUser {
  bytes(chunk: Buffer): void;
  /** The kernel has taken what the last `write` left over. */
  taken(): void;
  /** Nothing more comes and nothing more can be sent. Called once. */
  closed(error: Error | undefined): void;
}
