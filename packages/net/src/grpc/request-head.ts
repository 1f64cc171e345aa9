import type { HeaderBlock } from '../hpack/header-block.js';
import type { Authentication, ServiceEntry } from '../rpc/service.js';
import { fail } from '@alluvium/base';
import type { AlluviumError } from '@alluvium/base';
import type { Refusal } from './refused-call.js';
import { httpError, trailersOnly } from './response-blocks.js';
import { statusOf } from '../rpc/status.js';
import { parseTimeout } from './timeout.js';

/** What the headers of a request say. Made once for each header block, which many requests share. */
export type RequestHead =
  | {
      readonly kind: 'call';
      readonly block: HeaderBlock;
      readonly entry: ServiceEntry;
      readonly authenticated: boolean;
      readonly channelId: string | undefined;
      readonly timeoutMs: number | undefined;
      readonly contentLength: number | undefined;
    }
  | ({ readonly kind: 'refused' } & Refusal)
  /** Not a request at all: the stream is reset. */
  | { readonly kind: 'malformed'; readonly why: string };

/** The part of a ServiceTable that requests need. */
export interface ServiceLookup {
  find(path: string): ServiceEntry | undefined;
  authenticationOf(service: string): Authentication | undefined;
}

const CONNECTION_FIELDS = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);
const REQUEST_PSEUDO_FIELDS = new Set([':method', ':scheme', ':authority', ':path']);

export function requestHead(block: HeaderBlock, table: ServiceLookup): RequestHead {
  const memo = block.memo as RequestHead | undefined;
  if (memo !== undefined) return memo;
  const made = read(block, table);
  block.memo = made;
  return made;
}

function read(block: HeaderBlock, table: ServiceLookup): RequestHead {
  if (block.tooLarge) return refused(fail('resourceExhausted', 'Request headers are larger than this server accepts'));
  const why = malformation(block);
  if (why !== undefined) return { kind: 'malformed', why };
  const path = block.get(':path')!;
  const length = block.get('content-length');
  const contentLength = length === undefined ? undefined : Number(length);
  if (block.get(':method') !== 'POST') return notGrpc('405', 'Method not allowed', contentLength);
  const contentType = block.get('content-type');
  if (contentType === undefined || !/^application\/grpc($|[+;])/.test(contentType))
    return notGrpc('415', 'Content-Type is not application/grpc', contentLength);
  const entry = table.find(path);
  if (entry === undefined) return refused(fail('unimplemented', `Method not found: ${path.slice(1)}`), contentLength);
  const encoding = block.get('grpc-encoding');
  if (encoding !== undefined && encoding !== 'identity') {
    const status = {
      ...statusOf(fail('unimplemented', `Can't find decompressor for ${encoding}`)),
      trailers: ['grpc-accept-encoding', 'identity'],
    };
    return { kind: 'refused', answer: trailersOnly(status), contentLength };
  }
  const timeout = block.get('grpc-timeout');
  const timeoutMs = timeout === undefined ? undefined : parseTimeout(timeout);
  if (timeout !== undefined && timeoutMs === undefined)
    return refused(fail('internal', `Bad grpc-timeout: ${timeout.slice(0, 20)}`), contentLength);
  const authenticated = table.authenticationOf(entry.method.service) === 'required';
  return { kind: 'call', block, entry, authenticated, channelId: block.get('channel-id'), timeoutMs, contentLength };
}

function refused(error: AlluviumError, contentLength?: number): RequestHead {
  return { kind: 'refused', answer: trailersOnly(statusOf(error)), contentLength };
}

function notGrpc(httpStatus: string, message: string, contentLength: number | undefined): RequestHead {
  return { kind: 'refused', answer: httpError(httpStatus, message), body: Buffer.from(`${message}\n`), contentLength };
}

/** Why a header list is not a request (RFC 9113, sections 8.2 and 8.3); undefined when it is one. */
function malformation(block: HeaderBlock): string | undefined {
  const { fields } = block;
  const seen = new Set<string>();
  let regular = false;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    if (name.charCodeAt(0) === 0x3a) {
      if (regular) return 'pseudo-header after a header';
      if (!REQUEST_PSEUDO_FIELDS.has(name)) return `pseudo-header ${name}`;
      if (seen.has(name)) return `two ${name}`;
      seen.add(name);
      continue;
    }
    regular = true;
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) return 'bad header name';
    if (CONNECTION_FIELDS.has(name) || (name === 'te' && fields[i + 1] !== 'trailers')) return `connection header ${name}`;
    if (name === 'content-length' && !/^\d{1,15}$/.test(fields[i + 1]!)) return 'bad content-length';
  }
  if (!seen.has(':method') || !seen.has(':scheme') || !seen.has(':path')) return 'a pseudo-header is missing';
  return block.get(':path') === '' ? 'empty :path' : undefined;
}
