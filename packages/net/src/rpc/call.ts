/** The authenticated caller of a request. */
export interface Caller {
  /** The effective user: the impersonated one where impersonation is used. */
  readonly user: string;
  /** The user that the connection authenticated as. */
  readonly connectionUser: string;
}

/** What a handler knows of the call it answers, besides the request. */
export interface ServerCall {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** The caller; throws `unauthenticated` for one who did not say who he is, on a service that does not ask for it. */
  readonly caller: Caller;
  /** A request header, lower-case name; undefined when absent. */
  header(name: string): string | undefined;
  /** Aborted when the client cancels, the connection breaks or the deadline passes. Made on first use. */
  readonly signal: AbortSignal;
  /** `host:port` of the peer, for logs. */
  readonly peer: string;
}

/** The server's side of a streaming call. */
export interface ServerStream<Request, Response> extends ServerCall {
  /**
   * The next message, or undefined once the client has half-closed. Reading is what gives the client credit: a handler
   * that does not read stops the sender after one flow-control window. Rejects when the call is cancelled.
   */
  read(): Promise<Request | undefined>;
  /**
   * Sends a message. Resolves when the transport has room for another: awaiting it is back-pressure.
   * The views in the message stay untouched by the caller until `onSent` is called, which happens exactly once: when the
   * bytes have been handed to the kernel, or when they never will be (cancelled, broken).
   */
  write(message: Response, onSent?: () => void): Promise<void>;
}

export type UnaryHandler<Request, Response> = (request: Request, call: ServerCall) => Response | Promise<Response>;
/**
 * Server-streaming and bidirectional calls alike: the first request of a server-streaming call is read with `read()`.
 * Returning ends the call with OK; throwing ends it with the error's status. The call may end before the client half-closed.
 */
export type StreamHandler<Request, Response> = (stream: ServerStream<Request, Response>) => Promise<void>;

/** A whole answer: one message, and OK. */
export interface Reply<Response> {
  readonly message: Response;
  /** As for {@link ServerStream.write}. */
  readonly onSent?: () => void;
}

/**
 * Answers a streaming call from its first message alone, before anything else happens; undefined leaves the call, with that message, to
 * its handler. Not every network asks it.
 */
export type AtOnceHandler<Request, Response> = (request: Request, call: ServerCall) => Reply<Response> | undefined;

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds until the call fails with `deadlineExceeded`; sent as `grpc-timeout`. */
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The client's side of a streaming call. */
export interface ClientStream<Request, Response> {
  /** Sends a message; resolves when there is room for another. Rejects once the call has failed or ended. */
  write(message: Request): Promise<void>;
  /** Half-closes. */
  end(): void;
  /** The next message, or undefined after an OK end. Rejects with the call's error. */
  read(): Promise<Response | undefined>;
  /** Resets the stream; the server sees a cancellation. Harmless when the call is over. */
  cancel(): void;
}
