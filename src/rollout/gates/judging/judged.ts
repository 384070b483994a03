import type { GateResult } from '../../../resources/deployment/deployment-status.ts'

/** What the numbers of a gate say. */
export type Judged = Pick<
  GateResult,
  'verdict' | 'conclusive' | 'method' | 'message' | 'difference' | 'next' | 'missing' | 'spoiled' | 'window'
>
