/**
 * How messages of one type become bytes. `encode` may answer several views, which are sent one after the other without
 * being copied together: the header and the payload of a block chunk, say.
 */
export interface Codec<T> {
  encode(message: T): Uint8Array | readonly Uint8Array[];
  /** `parts` joined are one message; most codecs join them, the data path reads in place. Throws on malformed input. */
  decode(parts: readonly Uint8Array[], length: number): T;
}

/** One method of a service: path, stream kinds and codecs. */
export interface Method<Request, Response> {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** `package.Service`. */
  readonly service: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly request: Codec<Request>;
  readonly response: Codec<Response>;
}

/** What ts-proto generates for a message. */
export interface MessageType<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(input: Uint8Array): T;
}

/** What ts-proto generates for a service (`generic-definitions`). */
export interface ServiceDefinition {
  readonly name: string;
  readonly fullName: string;
  readonly methods: Readonly<
    Record<
      string,
      {
        readonly name: string;
        readonly requestType: MessageType<never>;
        readonly requestStream: boolean;
        readonly responseType: MessageType<never>;
        readonly responseStream: boolean;
      }
    >
  >;
}

type RequestOf<M> = M extends { requestType: { decode(input: Uint8Array): infer T } } ? T : never;
type ResponseOf<M> = M extends { responseType: { decode(input: Uint8Array): infer T } } ? T : never;

/** The methods of a service by their lower-camel names, typed. */
export type Methods<S extends { readonly methods: object }> = {
  readonly [K in keyof S['methods']]: Method<RequestOf<S['methods'][K]>, ResponseOf<S['methods'][K]>>;
};

export function protobufCodec<T>(type: MessageType<T>): Codec<T> {
  return {
    encode: (message) => type.encode(message).finish(),
    decode: (parts) => type.decode(parts.length === 1 ? parts[0]! : Buffer.concat(parts)),
  };
}

/** For who writes, or reads, the encoded messages himself. */
export const encodedMessages: Codec<Uint8Array> = {
  encode: (message) => message,
  decode: (parts) => (parts.length === 1 ? parts[0]! : Buffer.concat(parts)),
};

/** Makes typed methods out of a generated service definition. */
export function methodsOf<S extends { readonly fullName: string; readonly methods: object }>(service: S): Methods<S> {
  const out: Record<string, Method<unknown, unknown>> = {};
  const methods = service.methods as Record<
    string,
    { name: string; requestType: MessageType<unknown>; responseType: MessageType<unknown>; requestStream: boolean; responseStream: boolean }
  >;
  for (const [key, m] of Object.entries(methods)) {
    out[key] = {
      path: `/${service.fullName}/${m.name}`,
      service: service.fullName,
      requestStream: m.requestStream,
      responseStream: m.responseStream,
      request: protobufCodec(m.requestType),
      response: protobufCodec(m.responseType),
    };
  }
  return out as unknown as Methods<S>;
}
