export { removeAbandonedAttempts } from './abandoned-attempts.js';
export * from './context.js';
export * from './inode-tree.js';
export * from './new-context.js';
export * from './persistence-steps.js';
export { IntentSettler } from './intents/settler.js';
export * from './service.js';
export { TtlService } from './ttl/ttl-service.js';
