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

/** What the client calls an error that came without a body. */
const BODILESS = 'Unknown';

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** What the S3 client threw, as one of our kinds. A broken connection, a time-out and any 5xx may be retried. */
export function s3Error(action: string, uri: string, error: unknown): AlluviumError {
  if (error instanceof AlluviumError) return error;
  const { name = '', $metadata, $response, code } = error as SdkError;
  const status = $metadata?.httpStatusCode;
  const region = $response?.headers?.['x-amz-bucket-region'];
  if (isElsewhere(name, status, region)) {
    const state = region === undefined ? 'the bucket is in another region' : `the bucket is in region ${region}`;
    return fail('failedPrecondition', `Cannot ${action} "${uri}": ${state}; set alluxio.underfs.s3.region (${name} ${status})`, error);
  }
  let kind: ErrorKind | undefined = BY_NAME[name];
  if (kind === undefined && status !== undefined && status !== 200) kind = BY_STATUS[status] ?? (status >= 500 ? 'unavailable' : undefined);
  // Without an answer it is the network: refused, reset, cut short.
  if (kind === undefined && (status === undefined || code !== undefined || status === 200)) kind = 'unavailable';
  const shown = status === undefined ? (code ?? name) : `${name || 'status'} ${status}`;
  return fail(kind ?? 'unknown', `Cannot ${action} "${uri}": ${messageOf(error)} (${shown})`, error);
}

/** S3 redirects, or finds the region in the signature wrong. The answer to a HEAD has no body: there the region's header must do. */
function isElsewhere(name: string, status: number | undefined, region: string | undefined): boolean {
  return (
    status === 301 ||
    status === 307 ||
    name === 'AuthorizationHeaderMalformed' ||
    (status === 400 && name === BODILESS && region !== undefined)
  );
}
