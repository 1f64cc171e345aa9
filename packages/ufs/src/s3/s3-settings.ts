import { fail } from '@alluvium/base';
import type { Configuration, Option } from '@alluvium/platform';
import {
  requestTimeout,
  s3AccessKey,
  s3Endpoint,
  s3InstanceCredentials,
  s3PartBytes,
  s3PartsInFlight,
  s3PathStyle,
  s3Region,
  s3SecretKey,
} from '../options.js';

export interface S3Settings {
  readonly accessKey: string | undefined;
  readonly secretKey: string | undefined;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly pathStyle: boolean;
  readonly instanceCredentials: boolean;
  readonly partBytes: number;
  readonly partsInFlight: number;
  readonly timeoutMs: number;
}

const MIN_PART_BYTES = 5 * 2 ** 20;

/** Names that older Alluxio configurations use for the same options. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  's3a.accessKeyId': ['aws.accessKeyId'],
  's3a.secretKey': ['aws.secretKey'],
  'alluxio.underfs.s3.region': ['alluxio.underfs.s3.endpoint.region'],
};

/** The settings of one mount: its properties, then the configuration. Throws `invalidArgument` for an endpoint that must not be asked. */
export function s3Settings(properties: ReadonlyMap<string, string>, configuration: Configuration): S3Settings {
  const find = <T>(option: Option<T>): T | undefined => {
    const text = [option.name, ...(ALIASES[option.name] ?? [])].map((name) => properties.get(name)).find((value) => value !== undefined);
    return text === undefined ? configuration.find(option) : option.parse(text);
  };
  const endpoint = find(s3Endpoint);
  if (endpoint !== undefined) checkEndpoint(endpoint);
  return {
    accessKey: find(s3AccessKey),
    secretKey: find(s3SecretKey),
    endpoint,
    region: find(s3Region),
    pathStyle: endpoint !== undefined || (find(s3PathStyle) ?? false),
    instanceCredentials: find(s3InstanceCredentials) ?? false,
    partBytes: Math.max(MIN_PART_BYTES, find(s3PartBytes) ?? MIN_PART_BYTES),
    partsInFlight: Math.max(1, find(s3PartsInFlight) ?? 1),
    timeoutMs: find(requestTimeout) ?? 60_000,
  };
}

/** A mount must not make the server ask a link-local address, where clouds keep their credentials. */
function checkEndpoint(endpoint: string): void {
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    throw fail('invalidArgument', `Cannot use "${endpoint}" as S3 endpoint: a URL wanted`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw fail('invalidArgument', `Cannot use "${endpoint}" as S3 endpoint: http or https wanted`);
  const host = url.hostname.replace(/^\[|\]$|\.$/g, '').toLowerCase();
  // A URL shows every spelling of an IPv4 address as four numbers.
  const linkLocal = /^169\.254\.\d+\.\d+$/.test(host) || /^(?:fe[89ab][0-9a-f]:|fd00:ec2::254$|::ffff:a9fe:)/.test(host);
  if (linkLocal || host === 'metadata.google.internal')
    throw fail('permissionDenied', `Cannot use "${endpoint}" as S3 endpoint: it is a link-local or metadata address`);
}
