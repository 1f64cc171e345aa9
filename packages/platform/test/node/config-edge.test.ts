import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readConfiguration, stringOption } from '@alluvium/platform';

const HOST = stringOption({ name: 'alluxio.master.hostname', doc: 'where' });
const SECRET = stringOption({ name: 'alluvium.login.secret', doc: 's', secret: true });
let root: string;
before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'alluvium-conf-'));
  fs.writeFileSync(join(root, 'alluxio-site.properties'), 'alluxio.master.hostname = node1\n');
  fs.writeFileSync(join(root, 'secret'), 'hush\r\n');
});
after(() => fs.rmSync(root, { recursive: true, force: true }));

test('the site file is found in the configuration directory', () => {
  const { configuration } = readConfiguration([HOST], { environment: { ALLUVIUM_CONF_DIR: join(root, 'absent'), ALLUXIO_CONF_DIR: root } });
  assert.deepEqual(configuration.source(HOST), { value: 'node1', source: 'site file', detail: `${root}/alluxio-site.properties:1` });
});

test('a named site file must be there', () => {
  assert.throws(() => readConfiguration([HOST], { environment: {}, siteFile: join(root, 'nope') }), { kind: 'notFound', message: /nope/ });
});

test('a secret is read from its file', () => {
  const { configuration } = readConfiguration([SECRET], { environment: { ALLUVIUM_LOGIN_SECRET_FILE: join(root, 'secret') } });
  assert.equal(configuration.get(SECRET), 'hush');
  assert.throws(() => readConfiguration([SECRET], { environment: { ALLUVIUM_LOGIN_SECRET_FILE: join(root, 'none') } }), {
    kind: 'notFound',
  });
});
