/**
 * Java clients take at most 8192 bytes of trailers; a longer status becomes an error of their own making. Each byte may
 * grow to three in the encoding, but text that long is mostly plain.
 */
const LONGEST_ENCODED_BYTES = 4096;
const CUT_MARK = '...';

/**
 * `grpc-message`: UTF-8, percent-encoded outside printable ASCII, cut at a character at about 4 KiB. A space at either end is encoded
 * as well: HTTP/2 knows no field values that begin or end with one (RFC 9113, 8.2.1), and clients drop the text.
 */
export function encodeStatusMessage(message: string): string {
  return encodeCharacters(message).replace(/^ | $/g, '%20');
}

function encodeCharacters(message: string): string {
  if (message.length <= LONGEST_ENCODED_BYTES && /^[\x20-\x24\x26-\x7e]*$/.test(message)) return message;
  let out = '';
  for (const character of message) {
    const encoded = /^[\x20-\x24\x26-\x7e]$/.test(character) ? character : percentEncode(character);
    if (out.length + encoded.length > LONGEST_ENCODED_BYTES - CUT_MARK.length) return out + CUT_MARK;
    out += encoded;
  }
  return out;
}

function percentEncode(character: string): string {
  let out = '';
  for (const byte of Buffer.from(character, 'utf8')) out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return out;
}

/** The reverse; what is not valid percent-encoding is kept as it is. */
export function decodeStatusMessage(encoded: string): string {
  if (!encoded.includes('%')) return encoded;
  const bytes: number[] = [];
  for (let i = 0; i < encoded.length; i++) {
    const hex = encoded[i] === '%' ? encoded.slice(i + 1, i + 3) : '';
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      i += 2;
    } else {
      bytes.push(encoded.charCodeAt(i) & 0xff);
    }
  }
  return Buffer.from(bytes).toString('utf8');
}
