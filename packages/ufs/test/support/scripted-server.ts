// An S3 server that does what a script says, one step per request; what no step is left for is refused.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface Seen {
  readonly method: string;
  /** Path with query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

export type Step = (response: ServerResponse, request: Seen) => void;

export interface ScriptedServer {
  readonly endpoint: string;
  readonly seen: Seen[];
  /** What comes next; the last step stays for all that follow when it is `always`. */
  script(...steps: Step[]): void;
  always(step: Step): void;
}

export async function scriptedServer(t: TestContext): Promise<ScriptedServer> {
  let steps: Step[] = [];
  let fallback: Step = fails(400, 'Unscripted');
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const saw = { method: request.method!, url: request.url!, headers: request.headers };
      seen.push(saw);
      (steps.shift() ?? fallback)(response, saw);
    });
    request.on('error', () => undefined);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    script: (...next) => void (steps = next),
    always: (step) => void (fallback = step),
  };
}

export function fails(status: number, code: string, headers: Record<string, string> = {}): Step {
  return (response, { method }) => {
    const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>scripted ${code}</Message></Error>`;
    response.writeHead(status, { 'content-type': 'application/xml', 'content-length': body.length, ...headers });
    response.end(method === 'HEAD' ? undefined : body);
  };
}

export function hangs(): Step {
  return () => undefined;
}

export function resets(): Step {
  return (response) => response.socket?.destroy();
}

export function answers(body = '', headers: Record<string, string> = {}): Step {
  return (response) => {
    response.writeHead(200, { 'content-length': Buffer.byteLength(body), etag: '"e1"', ...headers });
    response.end(body);
  };
}

/** A HEAD of an object. */
export function hasObject(length: number): Step {
  return (response) => {
    response.writeHead(200, { 'content-length': length, etag: '"e1"', 'last-modified': 'Sat, 21 Nov 2026 08:00:00 GMT' });
    response.end();
  };
}

/** The requested range of `content`; `cutAfter` bytes the connection breaks, or stalls. */
export function serves(content: Buffer, cutAfter = Number.POSITIVE_INFINITY, end: 'reset' | 'stall' = 'reset'): Step {
  return (response, { headers }) => {
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
    const first = Number(from ?? 0);
    const body = content.subarray(first, to === undefined || to === '' ? undefined : Number(to) + 1);
    response.writeHead(206, {
      'content-length': body.length,
      'content-range': `bytes ${first}-${first + body.length - 1}/${content.length}`,
      etag: '"e1"',
    });
    if (body.length <= cutAfter) return void response.end(body);
    response.write(body.subarray(0, cutAfter), () => {
      if (end === 'reset') response.socket?.destroy();
    });
  };
}

export function listing(keys: readonly string[], { prefixes = [], next }: { prefixes?: readonly string[]; next?: string } = {}): Step {
  const contents = keys.map(
    (key) => `<Contents><Key>${key}</Key><Size>1</Size><ETag>"e"</ETag><LastModified>2026-11-21T08:00:00.000Z</LastModified></Contents>`,
  );
  const common = prefixes.map((prefix) => `<CommonPrefixes><Prefix>${prefix}</Prefix></CommonPrefixes>`);
  const more =
    next === undefined
      ? '<IsTruncated>false</IsTruncated>'
      : `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>`;
  return answers(`<?xml version="1.0"?><ListBucketResult>${contents.join('')}${common.join('')}${more}</ListBucketResult>`, {
    'content-type': 'application/xml',
  });
}
