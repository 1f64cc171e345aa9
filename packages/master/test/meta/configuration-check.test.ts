import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigurationCheck } from '@alluvium/master/meta/configuration-check.js';
import { silentLogger, type Logger } from '@alluvium/platform';
import { metaMaster } from '@alluvium/wire';

const { ConfigStatus } = metaMaster;
const AUTHENTICATION = 'alluxio.security.authentication.type';
const HEARTBEAT = 'alluxio.worker.block.heartbeat.interval';

const set = (properties: Record<string, string>): { name: string; value: string; source: string }[] =>
  Object.entries(properties).map(([name, value]) => ({ name, value, source: 'site' }));

test('servers that are configured alike pass', () => {
  const check = new ConfigurationCheck(silentLogger);
  assert.equal(check.check().status, ConfigStatus.PASSED);
  check.report('m:1', 'MASTER', set({ [AUTHENTICATION]: 'SIMPLE', 'alluxio.master.hostname': 'm' }));
  check.report('w1:1', 'WORKER', set({ [AUTHENTICATION]: 'SIMPLE', [HEARTBEAT]: '1sec', 'alluxio.worker.hostname': 'w1' }));
  check.report('w2:1', 'WORKER', set({ [HEARTBEAT]: '1sec', 'alluxio.worker.hostname': 'w2' }));
  assert.deepEqual(check.check(), { errors: {}, warns: {}, status: ConfigStatus.PASSED });
});

test('a difference is told with who has which value: an error where it breaks something, else a warning', () => {
  const check = new ConfigurationCheck(silentLogger);
  check.report('m:1', 'MASTER', set({ [AUTHENTICATION]: 'SIMPLE', [HEARTBEAT]: '7sec' }));
  check.report('w1:1', 'WORKER', set({ [AUTHENTICATION]: 'SIMPLE', [HEARTBEAT]: '1sec' }));
  check.report('w2:1', 'WORKER', set({ [AUTHENTICATION]: 'SIMPLE', [HEARTBEAT]: '2sec' }));
  const warned = check.check();
  assert.equal(warned.status, ConfigStatus.WARN);
  assert.deepEqual(warned.warns, {
    WORKER: { properties: [{ name: HEARTBEAT, values: { '1sec': { values: ['w1:1'] }, '2sec': { values: ['w2:1'] } } }] },
  });
  check.report('w2:1', 'WORKER', set({ [AUTHENTICATION]: 'CUSTOM', [HEARTBEAT]: '1sec' }));
  const failed = check.check();
  assert.equal(failed.status, ConfigStatus.FAILED);
  assert.deepEqual(failed.warns, {}, 'the last report of a server counts');
  assert.deepEqual(failed.errors, {
    ALL: { properties: [{ name: AUTHENTICATION, values: { SIMPLE: { values: ['m:1', 'w1:1'] }, CUSTOM: { values: ['w2:1'] } } }] },
  });
});

test('a difference is logged when it comes up, and once', () => {
  const told: unknown[] = [];
  const log: Logger = { ...silentLogger, warn: (text, fields) => void told.push([text, fields]) };
  const check = new ConfigurationCheck(log);
  check.report('m:1', 'MASTER', set({ [AUTHENTICATION]: 'SIMPLE' }));
  check.report('w1:1', 'WORKER', set({ [AUTHENTICATION]: 'SIMPLE' }));
  assert.deepEqual(told, []);
  check.report('w2:1', 'WORKER', set({ [AUTHENTICATION]: 'CUSTOM' }));
  check.report('w2:1', 'WORKER', set({ [AUTHENTICATION]: 'CUSTOM' }));
  assert.deepEqual(told, [['servers are configured differently', { mustAgree: AUTHENTICATION, shouldAgree: '' }]]);
  check.report('w2:1', 'WORKER', set({ [AUTHENTICATION]: 'SIMPLE' }));
  check.report('w2:1', 'WORKER', set({ [AUTHENTICATION]: 'CUSTOM' }));
  assert.equal(told.length, 2, 'it came up again');
});
