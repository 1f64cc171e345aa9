// The one file that makes an S3 client: credentials, endpoint, time-outs. The SDK is loaded when the first mount needs it.
import { fail } from '@alluvium/base';
import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Settings } from './s3-settings.js';

export type S3Sdk = typeof import('@aws-sdk/client-s3');

export interface S3Connection {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
}

export async function connectS3(settings: S3Settings): Promise<S3Connection> {
  // The SDK's own chain would ask the machine's metadata address; it must be told not to before it is loaded.
  if (!settings.instanceCredentials) process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  const [sdk, { NodeHttpHandler }] = await Promise.all([import('@aws-sdk/client-s3'), import('@smithy/node-http-handler')]);
  if (!settings.instanceCredentials && settings.accessKey === undefined && containerCredentials()) {
    throw fail(
      'permissionDenied',
      'Cannot use S3: the environment names a container credentials address; set s3a.accessKeyId and s3a.secretKey, or alluvium.underfs.s3.instance.credentials=true',
    );
  }
  const client = new sdk.S3Client({
    region: settings.region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    ...(settings.endpoint !== undefined && { endpoint: settings.endpoint }),
    forcePathStyle: settings.pathStyle,
    ...(settings.accessKey !== undefined && {
      credentials: { accessKeyId: settings.accessKey, secretAccessKey: settings.secretKey ?? '' },
    }),
    // Retries are a layer of ours.
    maxAttempts: 1,
    // Checksums that S3-compatible servers do not know are left out unless the operation demands one.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: new NodeHttpHandler({
      connectionTimeout: settings.timeoutMs,
      socketTimeout: settings.timeoutMs,
      httpAgent: { maxSockets: 256 },
      httpsAgent: { maxSockets: 256 },
    }),
  });
  return { sdk, client };
}

function containerCredentials(): boolean {
  return (
    process.env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] !== undefined || process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] !== undefined
  );
}
