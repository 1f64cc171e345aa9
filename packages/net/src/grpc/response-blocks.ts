import { encodeHeaders } from '../hpack/encoder.js';
import { STATUS_OK } from '../rpc/status.js';
import { headersFrame } from './message.js';
import { encodeStatusMessage } from './status-message.js';

// Header blocks of responses. Each is encoded once; those of errors carry a message and are made as they are needed.

const INITIAL = [':status', '200', 'content-type', 'application/grpc'];
const INTERNAL = 13;
const OK = ['grpc-status', String(STATUS_OK)];

export const RESPONSE_HEADERS = encodeHeaders(INITIAL);
export const OK_TRAILERS = encodeHeaders(OK);
export const OK_TRAILERS_ONLY = encodeHeaders([...INITIAL, ...OK]);
/** The same as frames, for replies that are sent whole. */
export const RESPONSE_HEADERS_FRAME = headersFrame(RESPONSE_HEADERS, false);
export const OK_TRAILERS_FRAME = headersFrame(OK_TRAILERS, true);

export interface Status {
  readonly code: number;
  readonly message: string;
  /** Further trailers: name, value, ... */
  readonly trailers?: readonly string[];
}

function statusFields(status: Status): string[] {
  const fields = ['grpc-status', String(status.code)];
  if (status.message !== '') fields.push('grpc-message', encodeStatusMessage(status.message));
  if (status.trailers !== undefined) fields.push(...status.trailers);
  return fields;
}

/** Trailers after a response that has begun. */
export function errorTrailers(status: Status): Buffer {
  return encodeHeaders(statusFields(status));
}

/** A response that is nothing but a status. */
export function trailersOnly(status: Status): Buffer {
  return encodeHeaders([...INITIAL, ...statusFields(status)]);
}

/** The headers of a response to a request that is not gRPC; the message follows as its body. */
export function httpError(httpStatus: string, message: string): Buffer {
  return encodeHeaders([':status', httpStatus, 'content-type', 'text/plain', ...statusFields({ code: INTERNAL, message })]);
}
