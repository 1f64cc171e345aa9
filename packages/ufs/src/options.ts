import { booleanOption, bytesOption, durationOption, integerOption, stringOption, type Option } from '@alluvium/platform';

// The S3 options may also stand in the properties of a mount, which then win.
export const s3AccessKey = stringOption({
  name: 's3a.accessKeyId',
  secret: true,
  doc: 'The access key for S3. Default: the environment and shared files that the AWS tools use.',
});
export const s3SecretKey = stringOption({ name: 's3a.secretKey', secret: true, doc: 'The secret key for S3.' });
export const s3Endpoint = stringOption({ name: 'alluxio.underfs.s3.endpoint', doc: 'URL of an S3-compatible server. Default: AWS.' });
export const s3Region = stringOption({
  name: 'alluxio.underfs.s3.region',
  doc: 'Region of the bucket. Default: what the AWS tools use, else us-east-1.',
});
export const s3PathStyle = booleanOption({
  name: 'alluxio.underfs.s3.disable.dns.buckets',
  default: 'false',
  doc: 'Name the bucket in the path, not in the host name; always so when an endpoint is set.',
});
export const s3InstanceCredentials = booleanOption({
  name: 'alluvium.underfs.s3.instance.credentials',
  default: 'false',
  doc: 'Ask the cloud machine for credentials at its metadata address. Never done unless this is true.',
});
export const s3PartBytes = bytesOption({
  name: 'alluxio.underfs.s3.streaming.upload.partition.size',
  default: '16MB',
  doc: 'Size of the parts of an upload to S3; at least 5MB.',
});
export const s3PartsInFlight = integerOption({
  name: 'alluvium.underfs.s3.upload.parts.in.flight',
  default: '4',
  doc: 'Parts of one upload that are under way at a time.',
});
export const requestTimeout = durationOption({
  name: 'alluvium.underfs.request.timeout',
  default: '60sec',
  doc: 'A store that says nothing for so long has failed the request.',
});
export const requestRetries = integerOption({
  name: 'alluvium.underfs.request.retries',
  default: '4',
  doc: 'How often a request is tried again after a temporary failure.',
});
export const requestsInFlight = integerOption({
  name: 'alluvium.underfs.requests.in.flight',
  default: '64',
  doc: 'Requests to one mount that are under way at a time.',
});

export const ufsOptions: readonly Option<unknown>[] = [
  s3AccessKey,
  s3SecretKey,
  s3Endpoint,
  s3Region,
  s3PathStyle,
  s3InstanceCredentials,
  s3PartBytes,
  s3PartsInFlight,
  requestTimeout,
  requestRetries,
  requestsInFlight,
];
