import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { HpackDecoder } from '@alluvium/net/hpack/decoder.js';
import { encodeHeaders } from '@alluvium/net/hpack/encoder.js';
import { FrameType, Flag, PREFACE } from '@alluvium/net/http2/frames.js';
import { writeFrameHeader } from '@alluvium/net/http2/output.js';

export { Flag, FrameType };

/** A frame as it came. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

const EMPTY = Buffer.alloc(0);

/** One end of an HTTP/2 connection that sends whatever bytes a test wants, and tells what comes back. */
export class RawPeer {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  /** Resolves once the other side has closed, or the connection broke. */
  readonly closed: Promise<void>;
  isClosed = false;
  readonly #hpack = new HpackDecoder({ tableBytes: 4096, listBytes: 65_536, fields: 1000 });
  readonly #waiters = new Set<() => void>();
  #pending: Buffer = EMPTY;
  #seen = 0;
  #marks = 0;
  /** Bytes at the beginning that are not frames. */
  #skip: number;

  constructor(socket: Socket, skip = 0) {
    this.#skip = skip;
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.isClosed = true;
        this.#wake();
        resolve();
      });
    });
  }

  /** Connects; sends the preface and empty SETTINGS unless told otherwise. */
  static async connect(port: number, settings: readonly (readonly [id: number, value: number])[] | 'silent' = []): Promise<RawPeer> {
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'connect');
    const peer = new RawPeer(socket);
    if (settings !== 'silent') {
      peer.write(PREFACE);
      peer.settings(settings);
    }
    return peer;
  }

  /** Bytes received that are not a whole frame. */
  get leftover(): number {
    return this.#pending.length;
  }

  /** Puts bytes on the wire. */
  write(...parts: readonly Uint8Array[]): void {
    if (!this.isClosed && this.socket.writable) this.socket.write(Buffer.concat(parts));
  }

  send(type: number, flags: number, streamId: number, payload: Uint8Array = EMPTY): void {
    this.write(encodeFrame(type, flags, streamId, payload));
  }

  settings(pairs: readonly (readonly [id: number, value: number])[]): void {
    const payload = Buffer.alloc(pairs.length * 6);
    pairs.forEach(([id, value], i) => {
      payload.writeUInt16BE(id, i * 6);
      payload.writeUInt32BE(value, i * 6 + 2);
    });
    this.send(FrameType.settings, 0, 0, payload);
  }

  headers(streamId: number, fields: readonly string[], flags: number = Flag.endHeaders): void {
    this.send(FrameType.headers, flags, streamId, encodeHeaders(fields));
  }

  windowUpdate(streamId: number, bytes: number): void {
    this.send(FrameType.windowUpdate, 0, streamId, uint32(bytes));
  }

  /** The first frame not yet answered that `matches`; frames before it are passed over. Rejects when the connection closes first. */
  async next(what: string, matches: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      while (this.#seen < this.frames.length) {
        const frame = this.frames[this.#seen++]!;
        if (matches(frame)) return frame;
      }
      if (this.isClosed) throw new Error(`closed before ${what}`);
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  /** Header list of the next HEADERS frame of a stream. */
  async nextHeaders(streamId: number): Promise<Record<string, string>> {
    const frame = await this.next(`headers of stream ${streamId}`, (f) => f.type === FrameType.headers && f.streamId === streamId);
    return this.decode(frame);
  }

  decode(frame: Frame): Record<string, string> {
    const { fields } = this.#hpack.decode(frame.payload, 0, frame.payload.length);
    const out: Record<string, string> = {};
    for (let i = 0; i < fields.length; i += 2) out[fields[i]!] = fields[i + 1]!;
    return out;
  }

  /** Waits until the other side has handled everything sent before. */
  async settled(): Promise<void> {
    const mark = Buffer.alloc(8);
    mark.writeUInt32BE(++this.#marks);
    this.send(FrameType.ping, 0, 0, mark);
    await this.next('answer to a ping', (f) => f.type === FrameType.ping && (f.flags & Flag.ack) !== 0 && f.payload.equals(mark));
  }

  /** Error code and text of the GOAWAY that ends the connection, once it is closed. */
  async goaway(): Promise<{ readonly code: number; readonly text: string; readonly lastStreamId: number }> {
    const frame = await this.next('GOAWAY', (f) => f.type === FrameType.goaway);
    await this.closed;
    return {
      lastStreamId: frame.payload.readUInt32BE(0),
      code: frame.payload.readUInt32BE(4),
      text: frame.payload.toString('latin1', 8),
    };
  }

  /** Error code of the RST_STREAM for a stream. */
  async reset(streamId: number): Promise<number> {
    const frame = await this.next(`reset of stream ${streamId}`, (f) => f.type === FrameType.rstStream && f.streamId === streamId);
    return frame.payload.readUInt32BE(0);
  }

  destroy(): void {
    this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let at = Math.min(this.#skip, this.#pending.length);
    this.#skip -= at;
    while (this.#pending.length - at >= 9) {
      const length = this.#pending.readUIntBE(at, 3);
      if (this.#pending.length - at < 9 + length) break;
      this.frames.push({
        type: this.#pending[at + 3]!,
        flags: this.#pending[at + 4]!,
        streamId: this.#pending.readUInt32BE(at + 5) & 0x7fffffff,
        payload: this.#pending.subarray(at + 9, at + 9 + length),
      });
      at += 9 + length;
    }
    this.#pending = this.#pending.subarray(at);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}

export function encodeFrame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(9 + payload.length);
  writeFrameHeader(frame, 0, payload.length, type, flags, streamId);
  frame.set(payload, 9);
  return frame;
}

export function uint32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
}

/** A gRPC message with its prefix. */
export function message(bytes: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

/** The header list of a gRPC request. */
export function request(path: string, further: readonly string[] = []): string[] {
  return [
    ...[':method', 'POST', ':scheme', 'http', ':path', path, ':authority', 'test'],
    ...['content-type', 'application/grpc', 'te', 'trailers'],
    ...further,
  ];
}
