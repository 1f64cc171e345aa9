// Adds to package-lock.json the optional packages for other platforms that `npm install` left out, as it does when the registry
// in use does not carry them. `npm ci` refuses a lock file without them, although it would not install them here.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const file = resolve(import.meta.dirname, '../package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = {
  aarch64: 'arm64',
  armv7: 'arm',
  arm: 'arm',
  arm64: 'arm64',
  ia32: 'ia32',
  loong64: 'loong64',
  mips64el: 'mips64el',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  wasm32: 'wasm32',
  x64: 'x64',
};

/** `@oxlint/binding-linux-arm64-musl` is for Linux on arm64 with musl. */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = words.find((word) => SYSTEMS.includes(word));
  const cpu = words.map((word) => PROCESSORS[word]).find((found) => found !== undefined);
  const libc = words.includes('musl') ? 'musl' : words.includes('gnu') && os === 'linux' ? 'glibc' : undefined;
  return { cpu: cpu && [cpu], libc: libc && [libc], os: os && [os] };
}

let added = 0;
for (const [path, entry] of Object.entries(lock.packages)) {
  if (!path.includes('node_modules/')) continue;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (Object.keys(lock.packages).some((known) => known.endsWith(`node_modules/${name}`))) continue;
    const platform = platformOf(name);
    if (!/^\d/.test(version) || platform.os === undefined) {
      console.error(`complete-lock: cannot tell the platform or version of ${name}@${version}, which ${path} wants`);
      process.exitCode = 1;
      continue;
    }
    const { cpu, libc, os } = platform;
    // Keys in the order that npm writes them.
    lock.packages[`node_modules/${name}`] = { version, cpu, dev: entry.dev, libc, license: entry.license, optional: true, os };
    added++;
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a === '' ? -1 : b === '' ? 1 : a.localeCompare(b, 'en')));
lock.packages = Object.fromEntries(sorted);
if (added > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.error(`complete-lock: ${added} packages added`);
