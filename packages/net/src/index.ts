export * from './rpc/call.js';
export * from './rpc/method.js';
export * from './rpc/network.js';
export * from './rpc/service.js';
