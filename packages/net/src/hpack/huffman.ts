// Huffman decoding of header strings (RFC 7541, section 5.2 and appendix B): the first step of every header block.
// The code is canonical, so its lengths alone give the codes; decoding walks a table four bits at a time.

/** Code length of each octet, then of EOS. */
// prettier-ignore
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];
const EOS = 256;
const STATES = 256;

// Entry of (state, nibble): bits 0-7 next state, bits 8-15 symbol, and these two flags.
const EMITS = 1 << 16;
const FAILS = 1 << 17;

const table = new Int32Array(STATES * 16);
/** Whether input may end in a state: at most seven bits after the last symbol, all ones. */
const mayEnd = new Uint8Array(STATES);
buildTable();

function buildTable(): void {
  // Children of the inner nodes of the code tree; leaves are stored as ~symbol.
  const children = new Int32Array(STATES * 2);
  let nodes = 1;
  let code = 0;
  let previous = 0;
  const symbols = LENGTHS.map((_, symbol) => symbol).sort((a, b) => LENGTHS[a]! - LENGTHS[b]! || a - b);
  for (const symbol of symbols) {
    const length = LENGTHS[symbol]!;
    code <<= length - previous;
    previous = length;
    let node = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const at = node * 2 + ((code >> bit) & 1);
      if (children[at] === 0) children[at] = nodes++;
      node = children[at]!;
    }
    children[node * 2 + (code & 1)] = ~symbol;
    code++;
  }
  for (let state = 0; state < STATES; state++) {
    for (let nibble = 0; nibble < 16; nibble++) table[state * 16 + nibble] = walk(children, state, nibble);
  }
  for (let node = 0, depth = 0; depth < 8; depth++) {
    mayEnd[node] = 1;
    node = children[node * 2 + 1]!;
  }
}

function walk(children: Int32Array, state: number, nibble: number): number {
  let node = state;
  let out = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const next = children[node * 2 + ((nibble >> bit) & 1)]!;
    if (next >= 0) {
      node = next;
      continue;
    }
    if (~next === EOS) return FAILS;
    out = EMITS | (~next << 8);
    node = 0;
  }
  return out | node;
}

let scratch = Buffer.allocUnsafeSlow(4096);

/** Decodes `source[start, end)`; undefined when it is not a valid Huffman string. At most 8/5 as long as its source. */
export function decodeHuffman(source: Uint8Array, start: number, end: number): string | undefined {
  const most = ((end - start) * 8) / 5 + 1;
  if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(Math.ceil(most));
  const out = scratch;
  let length = 0;
  let state = 0;
  for (let i = start; i < end; i++) {
    const byte = source[i]!;
    let entry = table[state * 16 + (byte >> 4)]!;
    if (entry & EMITS) out[length++] = (entry >> 8) & 255;
    if (entry & FAILS) return undefined;
    entry = table[(entry & 255) * 16 + (byte & 15)]!;
    if (entry & EMITS) out[length++] = (entry >> 8) & 255;
    if (entry & FAILS) return undefined;
    state = entry & 255;
  }
  return mayEnd[state] === 1 ? out.toString('latin1', 0, length) : undefined;
}
