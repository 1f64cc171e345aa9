// Makes docs/CONFIG.md from the options that the packages declare. Run after a build; `--check` only compares.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = resolve(import.meta.dirname, '..');
const file = resolve(root, 'docs/CONFIG.md');

const isOption = (it) =>
  typeof it === 'object' && it !== null && typeof it.name === 'string' && typeof it.doc === 'string' && typeof it.parse === 'function';

/** The options of a package: every array of options that its index exports. */
async function optionsOf(name) {
  const index = resolve(root, 'packages', name, 'dist/index.js');
  if (!existsSync(index)) return [];
  const exported = Object.values(await import(pathToFileURL(index).href));
  return exported.filter((it) => Array.isArray(it) && it.length > 0 && it.every(isOption)).flat();
}

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const { environmentName } = await import(pathToFileURL(resolve(root, 'packages/platform/dist/index.js')).href);

const declared = new Map();
const sections = [];
for (const name of readdirSync(resolve(root, 'packages')).sort()) {
  const rows = [];
  for (const option of (await optionsOf(name)).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const before = declared.get(option.name);
    // Master and worker may read the same property, and do not import each other.
    if (before !== undefined && before.option.type === option.type && before.option.defaultText === option.defaultText) continue;
    if (before !== undefined) throw new Error(`${option.name} is declared by ${before.name} and, with another type or default, by ${name}`);
    declared.set(option.name, { option, name });
    const value = option.secret
      ? 'secret'
      : option.defaultText === undefined
        ? ''
        : option.defaultText === ''
          ? 'empty'
          : `\`${option.defaultText}\``;
    const variable = option.name.includes('<') ? '' : `\`${environmentName(option.name)}\`${option.secret ? ', `..._FILE`' : ''}`;
    rows.push(`| \`${option.name}\` | ${option.type} | ${cell(value)} | ${cell(option.doc)} | ${variable} |`);
  }
  if (rows.length > 0)
    sections.push(`## ${name}\n\n| property | type | default | what it is for | variable |\n|---|---|---|---|---|\n${rows.join('\n')}\n`);
}

const text = `# Configuration

Made from the options that the code declares by \`npm run config-docs\`; do not edit.

A value comes from, most binding first:

1. a flag, \`-Dalluxio.master.rpc.port=20000\`
2. the environment: \`-D\` definitions in \`ALLUXIO_JAVA_OPTS\`, \`ALLUXIO_MASTER_JAVA_OPTS\`, \`ALLUXIO_WORKER_JAVA_OPTS\` and their like, then the
   variable of the option's own in the last column; a secret may be read from the file that \`..._FILE\` names
3. the site file \`alluxio-site.properties\` (Java properties) in \`conf\` of the home directory, \`ALLUVIUM_CONF_DIR\`, \`ALLUXIO_CONF_DIR\`, \`~/.alluxio\` or \`/etc/alluxio\`
4. the default

Sizes are \`64MB\`, powers of 1024; durations \`10sec\`, \`5min\`, \`1h\`, milliseconds without a unit; lists are separated by commas. \`\${other.property}\` stands for the value of
another property. Names are Alluxio's where an option means the same; \`alluvium.*\` are our own. A name that nobody declares gives a warning with the nearest one.

${sections.join('\n')}`;

if (process.argv.includes('--check')) {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error('docs/CONFIG.md is not what the declared options say; run npm run config-docs');
    // Not process.exit(): a compilation in the background that waits for a collection would keep it for ever.
    process.exitCode = 1;
  }
} else writeFileSync(file, text);
