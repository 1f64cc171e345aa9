import type { Option } from './option.js';

/** Shown in place of a secret, as Alluxio does. */
export const REDACTED = '******';

const SECRET_WORDS = /secret|password|passwd|credential|(?:access|private|account|sas)[._-]?key/i;
const TOKEN = /(?:\b|_|[a-z])(?:token|Token|TOKEN)(?![a-z])/;

/** Whether a property that no option declares (a mount option such as `aws.secretKey`) names a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_WORDS.test(name) || TOKEN.test(name);
}

/** The value as logs, listings and web pages may show it. */
export function redacted(name: string, value: string, option?: Option<unknown>): string {
  return (option?.secret ?? false) || isSecretName(name) ? REDACTED : value;
}
