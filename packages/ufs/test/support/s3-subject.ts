// The S3 server that interop/s3-suite.sh starts.
import type { TestContext } from 'node:test';
import type { UnderStore } from '@alluvium/ufs';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { open } from './subjects.js';

process.env['AWS_EC2_METADATA_DISABLED'] = 'true';

const endpoint = process.env['ALLUVIUM_TEST_S3_ENDPOINT'];
const accessKeyId = process.env['ALLUVIUM_TEST_S3_ACCESS_KEY'] ?? 'alluvium';
const secretAccessKey = process.env['ALLUVIUM_TEST_S3_SECRET_KEY'] ?? 'alluvium-secret';

export const s3Skip = endpoint === undefined ? 'needs an S3 server: interop/s3-suite.sh starts one' : undefined;
/** A gateway to a directory cannot have an object under another one. */
export const isGateway = (process.env['ALLUVIUM_TEST_S3_PROGRAM'] ?? 'versitygw') === 'versitygw';

export interface S3Place {
  readonly store: UnderStore;
  /** Of a bucket that does not exist. */
  readonly missing: UnderStore;
  readonly bucket: string;
  /** Without slashes at its ends. */
  readonly prefix: string;
  /** Straight to the server. */
  readonly client: S3Client;
}

let places = 0;

/** A store on a prefix of its own in a bucket of its own. */
export async function s3Place(t: TestContext, properties: Readonly<Record<string, string>> = {}): Promise<S3Place> {
  const client = new S3Client({
    endpoint: endpoint!,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  t.after(() => client.destroy());
  const bucket = `alluvium-test-${process.pid}-${Date.now()}-${places++}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const prefix = 'a prefix/ü';
  const settings = {
    's3a.accessKeyId': accessKeyId,
    's3a.secretKey': secretAccessKey,
    'alluxio.underfs.s3.endpoint': endpoint!,
    'alluxio.underfs.s3.streaming.upload.partition.size': '5MB',
    ...properties,
  };
  return {
    store: open(t, `s3://${bucket}/${prefix}`, settings),
    missing: open(t, `s3://${bucket}-missing`, settings),
    bucket,
    prefix,
    client,
  };
}
