import type { Evidence } from '../evidence.ts'
import { judgeAudit } from './judge-audit.ts'
import { judgeEnd } from './judge-end.ts'
import { judgeProcesses } from './judge-processes.ts'
import { judgeStates } from './judge-states.ts'
import { judgeTrail } from './judge-trail.ts'

/** All faults of a run, one sentence each. Empty when the run was right. */
export function judge(evidence: Evidence): readonly string[] {
  return [judgeEnd, judgeProcesses, judgeAudit, judgeTrail, judgeStates].flatMap((each) => each(evidence))
}
