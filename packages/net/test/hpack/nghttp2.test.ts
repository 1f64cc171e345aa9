import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { HpackDecoder } from '@alluvium/net/hpack/decoder.js';
import { Flag, FrameType, RawPeer } from '../support/raw-peer.js';

// Node's own HTTP/2 (nghttp2) encodes with Huffman coding and a dynamic table: an encoder that we did not write.

describe('what nghttp2 encodes', () => {
  const decoder = new HpackDecoder({ tableBytes: 4096, listBytes: 65_536, fields: 200 });
  let server: Server;
  let session: ClientHttp2Session;
  let peer: RawPeer;

  before(async () => {
    server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const [socket] = (await once(server, 'connection')) as [Socket];
    // The client's preface is not a frame: the first bytes are cut off before they are read as such.
    peer = new RawPeer(socket, 24);
    peer.settings([]);
  });
  after(() => {
    session.destroy();
    server.close();
  });

  async function sent(headers: Record<string, string>): Promise<string[]> {
    const stream = session.request({ ':path': '/', ...headers }, { endStream: true });
    stream.on('error', () => undefined);
    const fragments: Buffer[] = [];
    let frame = await peer.next('headers', (f) => f.type === FrameType.headers);
    const streamId = frame.streamId;
    // Node puts a priority before the block.
    fragments.push(frame.payload.subarray((frame.flags & Flag.priority) === 0 ? 0 : 5));
    while ((frame.flags & Flag.endHeaders) === 0) {
      frame = await peer.next('continuation', (f) => f.type === FrameType.continuation);
      fragments.push(frame.payload);
    }
    peer.send(FrameType.headers, Flag.endHeaders | Flag.endStream, streamId, Buffer.from([0x88]));
    const block = Buffer.concat(fragments);
    return [...decoder.decode(block, 0, block.length).fields];
  }

  it('can be decoded, whatever the values', async () => {
    const octets = fc.array(fc.constantFrom(...Array.from({ length: 256 }, (_, i) => i).filter((i) => i > 32 && i !== 127)), {
      maxLength: 100,
    });
    const value = octets.map((bytes) => Buffer.from(bytes).toString('latin1'));
    const headers = fc.dictionary(fc.constantFrom('x-a', 'x-b', 'x-c', 'channel-id', 'user-agent'), value, { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(headers, async (fields) => {
        const decoded = await sent(fields);
        const start = decoded.indexOf(':path') < 0 ? 0 : decoded.length - Object.keys(fields).length * 2;
        assert.deepEqual(decoded.slice(start), Object.entries(fields).flat());
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('can be decoded for each octet', async () => {
    for (let i = 33; i < 256; i++) {
      if (i === 127) continue;
      const value = String.fromCharCode(i).repeat(3) + 'a'.repeat(30);
      assert.equal((await sent({ 'x-octet': value })).at(-1), value, `octet ${i}`);
    }
  });
});
