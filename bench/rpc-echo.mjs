// The transport alone: an echo server of ours and one of @grpc/grpc-js, driven in turns by the same client. Prints the
// CPU that the server process used: microseconds for a unary call, seconds for a GiB streamed down or up in chunks of 1 MiB.
// usage: node bench/rpc-echo.mjs [--client ours|grpc-js] [--rounds 5] [--only ours|grpc-js] [--profile DIRECTORY]
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as grpcJs from '@grpc/grpc-js';
import { ServiceTable, grpcNetwork, noAuthenticator } from '@alluvium/net';

const UNARY_CALLS = 20_000;
const UNARY_BYTES = 100;
const IN_FLIGHT = 64;
const CHUNK_BYTES = 2 ** 20;
const CHUNKS = 1024;

const same = (bytes) => bytes;
const codec = { encode: same, decode: (parts) => (parts.length === 1 ? parts[0] : Buffer.concat(parts)) };
const method = (name, requestStream, responseStream) => ({
  path: `/bench.Echo/${name}`,
  service: 'bench.Echo',
  requestStream,
  responseStream,
  request: codec,
  response: codec,
});
const counting = { encode: same, decode: (_parts, length) => length };
const unary = method('unary', false, false);
/** Chunks are dropped as they come: what is measured is the transport. */
const down = { ...method('down', false, true), response: counting };
const up = { ...method('up', true, false), request: counting };
const chunk = Buffer.alloc(CHUNK_BYTES, 7);

function network() {
  const clock = {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    schedule(delayMs, callback) {
      const timer = setTimeout(() => callback(), delayMs).unref();
      return { cancel: () => clearTimeout(timer) };
    },
  };
  return grpcNetwork({ clock, random: { bytes: (length) => randomBytes(length), next: () => Math.random() } });
}

async function serveOurs() {
  const table = new ServiceTable();
  table.unary(unary, (request) => request);
  table.stream(down, async (stream) => {
    await stream.read();
    for (let i = 0; i < CHUNKS; i++) await stream.write(chunk);
  });
  table.stream(up, async (stream) => {
    let bytes = 0;
    for (let size = await stream.read(); size !== undefined; size = await stream.read()) bytes += size;
    await stream.write(Buffer.from(String(bytes)));
  });
  const options = { authenticator: noAuthenticator, maxInboundMessageBytes: 4 * 2 ** 20 };
  return (await network().serve({ host: '127.0.0.1', port: 0 }, table, options)).address.port;
}

function serveGrpcJs() {
  const server = new grpcJs.Server({ 'grpc.max_receive_message_length': 2 * CHUNK_BYTES });
  const serializers = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
  server.addService(
    {
      unary: { path: unary.path, requestStream: false, responseStream: false, ...serializers },
      down: { path: down.path, requestStream: false, responseStream: true, ...serializers },
      up: { path: up.path, requestStream: true, responseStream: false, ...serializers },
    },
    {
      unary: (call, reply) => reply(null, call.request),
      up(call, reply) {
        let bytes = 0;
        call.on('data', (part) => (bytes += part.length));
        call.on('end', () => reply(null, Buffer.from(String(bytes))));
      },
      down(call) {
        let left = CHUNKS;
        const more = () => {
          while (left-- > 0) if (!call.write(chunk)) return call.once('drain', more);
          call.end();
        };
        more();
      },
    },
  );
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpcJs.ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port)));
  });
}

function ourClient(port) {
  const channel = network().connect({ host: '127.0.0.1', port }, {});
  return {
    unary: (request) => channel.unary(unary, request),
    async up() {
      const stream = channel.stream(up);
      for (let i = 0; i < CHUNKS; i++) await stream.write(chunk);
      stream.end();
      await stream.read();
    },
    async down() {
      const stream = channel.stream(down);
      await stream.write(Buffer.alloc(1));
      stream.end();
      let bytes = 0;
      for (let size = await stream.read(); size !== undefined; size = await stream.read()) bytes += size;
      return bytes;
    },
    close: () => channel.close(),
  };
}

function grpcJsClient(port) {
  const client = new grpcJs.Client(`127.0.0.1:${port}`, grpcJs.credentials.createInsecure(), {
    'grpc.max_receive_message_length': 2 * CHUNK_BYTES,
  });
  return {
    unary: (request) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(unary.path, same, same, request, (error, reply) => (error ? reject(error) : resolve(reply)));
      }),
    up: () =>
      new Promise((resolve, reject) => {
        const call = client.makeClientStreamRequest(up.path, same, same, (error, reply) => (error ? reject(error) : resolve(reply)));
        let left = CHUNKS;
        const more = () => {
          while (left-- > 0) if (!call.write(chunk)) return call.once('drain', more);
          call.end();
        };
        more();
      }),
    async down() {
      let bytes = 0;
      for await (const part of client.makeServerStreamRequest(down.path, same, same, Buffer.alloc(1))) bytes += part.length;
      return bytes;
    },
    async close() {
      client.close();
    },
  };
}

async function callMany(client) {
  const request = Buffer.alloc(UNARY_BYTES, 1);
  let left = UNARY_CALLS;
  const caller = async () => {
    while (left-- > 0) await client.unary(request);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
}

class ServerProcess {
  constructor(kind, profileDirectory) {
    this.kind = kind;
    const execArgv = profileDirectory === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profileDirectory];
    this.process = fork(fileURLToPath(import.meta.url), ['--serve', kind], { execArgv });
  }

  async ask(question) {
    const answer = once(this.process, 'message');
    this.process.send(question);
    return (await answer)[0];
  }

  async stop() {
    const gone = once(this.process, 'exit');
    this.process.send('stop');
    await gone;
  }
}

/** CPU microseconds that the server spends while `work` runs. */
async function cost(server, work) {
  const before = await server.ask('cpu');
  const startedMs = performance.now();
  await work();
  return { cpuUs: (await server.ask('cpu')) - before, wallMs: performance.now() - startedMs };
}

function median(costs, what) {
  const values = costs.map((spent) => spent[what]);
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

async function serve(kind) {
  const port = kind === 'ours' ? await serveOurs() : await serveGrpcJs();
  process.on('message', (question) => {
    if (question === 'port') process.send(port);
    if (question === 'cpu') {
      const { user, system } = process.cpuUsage();
      process.send(user + system);
    }
    if (question === 'stop') process.exit(0);
  });
}

async function main(options) {
  const kinds = options.only === undefined ? ['ours', 'grpc-js'] : [options.only];
  const servers = kinds.map((kind) => new ServerProcess(kind, options.profile));
  const results = new Map(kinds.map((kind) => [kind, { unary: [], down: [], up: [] }]));
  for (let round = 0; round <= Number(options.rounds); round++) {
    for (const server of servers) {
      const port = await server.ask('port');
      const client = options.client === 'ours' ? ourClient(port) : grpcJsClient(port);
      await client.unary(Buffer.alloc(1));
      const costs = { unary: await cost(server, () => callMany(client)) };
      for (const direction of ['down', 'up']) costs[direction] = await cost(server, () => client[direction]());
      await client.close();
      // The first round warms up.
      if (round > 0) for (const [what, spent] of Object.entries(costs)) results.get(server.kind)[what].push(spent);
    }
  }
  for (const server of servers) await server.stop();
  print(options, results);
}

function print(options, results) {
  const gib = (CHUNKS * CHUNK_BYTES) / 2 ** 30;
  console.log(`client: ${options.client}; medians of ${options.rounds} rounds; CPU of the server`);
  for (const [kind, { unary, down, up }] of results) {
    const calls = `${(median(unary, 'cpuUs') / UNARY_CALLS).toFixed(1)} us/op (${((UNARY_CALLS / median(unary, 'wallMs')) * 1000).toFixed(0)} op/s)`;
    const stream = (costs) =>
      `${(median(costs, 'cpuUs') / 1e6 / gib).toFixed(3)} s/GiB (${((gib / median(costs, 'wallMs')) * 1000).toFixed(2)} GiB/s)`;
    console.log(`${kind.padEnd(8)} unary ${calls}, down ${stream(down)}, up ${stream(up)}`);
  }
}

const { values } = parseArgs({
  options: {
    client: { type: 'string', default: 'ours' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    profile: { type: 'string' },
    serve: { type: 'string' },
  },
});
await (values.serve === undefined ? main(values) : serve(values.serve));
