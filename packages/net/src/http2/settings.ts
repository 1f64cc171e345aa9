import { ConnectionFault, ErrorCode } from './errors.js';
import { DEFAULT_MAX_FRAME_BYTES, DEFAULT_WINDOW_BYTES, MAX_WINDOW_BYTES } from './frames.js';

const SettingId = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;
const LARGEST_MAX_FRAME_BYTES = 2 ** 24 - 1;

/** What a peer told us of itself; RFC 9113, section 6.5.2. Our header blocks need no dynamic table, so its size is not kept. */
export interface PeerSettings {
  maxConcurrentStreams: number;
  initialWindowBytes: number;
  maxFrameBytes: number;
}

export function defaultPeerSettings(): PeerSettings {
  return { maxConcurrentStreams: Infinity, initialWindowBytes: DEFAULT_WINDOW_BYTES, maxFrameBytes: DEFAULT_MAX_FRAME_BYTES };
}

/** Applies the payload of a SETTINGS frame. Throws {@link ConnectionFault} for a forbidden value. */
export function applySettings(settings: PeerSettings, payload: Buffer, start: number, end: number): void {
  if ((end - start) % 6 !== 0) throw new ConnectionFault(ErrorCode.frameSizeError, 'SETTINGS of a bad length');
  for (let at = start; at < end; at += 6) {
    const id = payload.readUInt16BE(at);
    const value = payload.readUInt32BE(at + 2);
    if (id === SettingId.maxConcurrentStreams) settings.maxConcurrentStreams = value;
    if (id === SettingId.enablePush && value > 1) throw new ConnectionFault(ErrorCode.protocolError, 'bad SETTINGS_ENABLE_PUSH');
    if (id === SettingId.initialWindowSize) {
      if (value > MAX_WINDOW_BYTES) throw new ConnectionFault(ErrorCode.flowControlError, 'bad SETTINGS_INITIAL_WINDOW_SIZE');
      settings.initialWindowBytes = value;
    }
    if (id === SettingId.maxFrameSize) {
      if (value < DEFAULT_MAX_FRAME_BYTES || value > LARGEST_MAX_FRAME_BYTES)
        throw new ConnectionFault(ErrorCode.protocolError, 'bad SETTINGS_MAX_FRAME_SIZE');
      settings.maxFrameBytes = value;
    }
  }
}

export interface OwnSettings {
  readonly role: 'server' | 'client';
  readonly maxConcurrentStreams: number;
  readonly initialWindowBytes: number;
  readonly maxFrameBytes: number;
  readonly maxHeaderListBytes: number;
}

/** The payload of our SETTINGS frame. */
export function encodeSettings(own: OwnSettings): Buffer {
  const pairs: [number, number][] = [
    [SettingId.maxConcurrentStreams, own.role === 'server' ? own.maxConcurrentStreams : 0],
    [SettingId.initialWindowSize, own.initialWindowBytes],
    [SettingId.maxFrameSize, own.maxFrameBytes],
    [SettingId.maxHeaderListSize, own.maxHeaderListBytes],
  ];
  if (own.role === 'client') pairs.unshift([SettingId.enablePush, 0]);
  const payload = Buffer.alloc(pairs.length * 6);
  pairs.forEach(([id, value], i) => {
    payload.writeUInt16BE(id, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  });
  return payload;
}
