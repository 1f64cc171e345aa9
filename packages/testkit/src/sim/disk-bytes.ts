// The bytes of simulated files. What is reserved is written in zeros, megabytes of them: they are one and the same until something
// else is written.

/** Read only. */
const ZEROS = Buffer.from(new ArrayBuffer(32 << 20));
const MIN_ZEROS = 4096;

export function overwrite(bytes: Buffer, position: number, by: Buffer): Buffer {
  const end = position + by.length;
  if (isShared(by) && position === bytes.length && end <= ZEROS.length && (isShared(bytes) || bytes.length === 0))
    return ZEROS.subarray(0, end);
  const own = owned(bytes);
  const out = end <= own.length ? own : resize(own, end);
  by.copy(out, position);
  return out;
}

export function isShared({ buffer }: Buffer): boolean {
  return buffer === ZEROS.buffer;
}

export function owned(bytes: Buffer): Buffer {
  return isShared(bytes) ? copyOf(bytes) : bytes;
}

/** Bytes as they are at this moment. */
export function taken(parts: readonly Uint8Array[]): Buffer {
  const [only] = parts;
  if (parts.length === 1 && only!.length >= MIN_ZEROS && only!.length <= ZEROS.length) {
    const zeros = ZEROS.subarray(0, only!.length);
    if (zeros.equals(only!)) return zeros;
  }
  return Buffer.concat(parts);
}

/** Memory of its own: growing in place must not reach into a pool. */
export function copyOf(bytes: Buffer): Buffer {
  if (isShared(bytes)) return Buffer.from(new ArrayBuffer(bytes.length));
  const out = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(out);
  return out;
}

export function resize(bytes: Buffer, length: number): Buffer {
  if (length <= bytes.length) return bytes.subarray(0, length);
  if (isShared(bytes) && length <= ZEROS.length) return ZEROS.subarray(0, length);
  let grown = owned(bytes);
  if (grown.buffer.byteLength < length) {
    grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * bytes.length));
    bytes.copy(grown);
  }
  const out = Buffer.from(grown.buffer, 0, length);
  out.fill(0, bytes.length);
  return out;
}
