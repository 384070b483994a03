export type { AttemptRecord, Backend, RequestObserver, RequestRecord, RequestStart } from './contract.ts'
