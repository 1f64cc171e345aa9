import { AlluviumError, fail, messageOf, type ErrorKind } from '@alluvium/base';

const BY_NAME: Readonly<Record<string, ErrorKind>> = {
  NoSuchKey: 'notFound',
  NotFound: 'notFound',
  NoSuchBucket: 'notFound',
  NoSuchUpload: 'aborted',
  AccessDenied: 'permissionDenied',
  InvalidAccessKeyId: 'permissionDenied',
  SignatureDoesNotMatch: 'permissionDenied',
  CredentialsProviderError: 'permissionDenied',
  PreconditionFailed: 'aborted',
  ConditionalRequestConflict: 'unavailable',
  InvalidRange: 'outOfRange',
  SlowDown: 'unavailable',
  TimeoutError: 'unavailable',
  AbortError: 'cancelled',
};

const BY_STATUS: Readonly<Record<number, ErrorKind>> = {
  400: 'invalidArgument',
  401: 'permissionDenied',
  403: 'permissionDenied',
  404: 'notFound',
  408: 'unavailable',
  409: 'unavailable',
  412: 'aborted',
  416: 'outOfRange',
  429: 'unavailable',
  501: 'unimplemented',
};

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** What the S3 client threw, as one of our kinds. A broken connection, a time-out and any 5xx may be retried. */
export function s3Error(action: string, uri: string, error: unknown): AlluviumError {
  if (error instanceof AlluviumError) return error;
  const { name = '', $metadata, code } = error as SdkError;
  const status = $metadata?.httpStatusCode;
  let kind: ErrorKind | undefined = BY_NAME[name];
  if (kind === undefined && status !== undefined && status !== 200) kind = BY_STATUS[status] ?? (status >= 500 ? 'unavailable' : undefined);
  // Without an answer it is the network: refused, reset, cut short.
  if (kind === undefined && (status === undefined || code !== undefined || status === 200)) kind = 'unavailable';
  const shown = status === undefined ? (code ?? name) : `${name || 'status'} ${status}`;
  return fail(kind ?? 'unknown', `Cannot ${action} "${uri}": ${messageOf(error)} (${shown})`, error);
}
