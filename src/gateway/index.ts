export type { Authenticate, RequestInfo } from './core.ts'
export { createGateway, type Gateway, type GatewayOptions } from './gateway.ts'
export type { CloseOptions, Listening, ListenOptions } from './listen.ts'
export type { NodeHandler } from './node-handler.ts'
