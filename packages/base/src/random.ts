/** Chance, handed in from outside so that a seed can replay it. */
export interface Random {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
  /** A float in [0, 1). */
  next(): number;
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** A random (version 4) UUID in lower-case text form, RFC 9562. */
export function randomUuid(random: Random): string {
  const b = random.bytes(16);
  b[6] = (b[6]! & 0x0f) | 0x40;
  b[8] = (b[8]! & 0x3f) | 0x80;
  const h = (from: number, to: number): string => {
    let s = '';
    for (let i = from; i < to; i++) s += HEX[b[i]!]!;
    return s;
  };
  return `${h(0, 4)}-${h(4, 6)}-${h(6, 8)}-${h(8, 10)}-${h(10, 16)}`;
}

/** A random non-negative 63-bit integer: worker, mount and session ids. */
export function randomId63(random: Random): bigint {
  let id = 0n;
  for (const byte of random.bytes(8)) id = (id << 8n) | BigInt(byte);
  return id & 0x7fffffffffffffffn;
}
