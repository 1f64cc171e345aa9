// The password provider of CUSTOM authentication: a file of `user:scrypt$SALT$KEY` lines, read again when it changes.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { fail } from '@alluvium/base';
import type { PasswordProvider } from '@alluvium/net';

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>;
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** What stands behind `user:` in a password file. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, KEY_BYTES);
  return `scrypt$${salt.toString('base64')}$${key.toString('base64')}`;
}

/** Throws `invalidArgument` when the file cannot be read now. */
export function filePasswords(path: string): PasswordProvider {
  let lines = readLines(path);
  let changedMs = statSync(path).mtimeMs;
  return async (user, password) => {
    const { mtimeMs } = statSync(path);
    if (mtimeMs !== changedMs) {
      lines = readLines(path);
      changedMs = mtimeMs;
    }
    // An unknown user costs as much as a known one, so that time does not tell which names exist.
    const [, salt = '', key = ''] = (lines.get(user) ?? 'scrypt$AAAA$').split('$');
    const wanted = Buffer.from(key, 'base64');
    const given = await derive(password, Buffer.from(salt, 'base64'), KEY_BYTES);
    if (wanted.length !== KEY_BYTES || !timingSafeEqual(wanted, given)) {
      throw fail('unauthenticated', `User "${user}" is unknown or the password is wrong`);
    }
  };
}

function readLines(path: string): ReadonlyMap<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fail('invalidArgument', `Cannot read the password file "${path}"`, error);
  }
  const out = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) out.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return out;
}
