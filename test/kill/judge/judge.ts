import type { Evidence } from '../evidence.ts'
import { judgeAudit } from './judge-audit.ts'
import { judgeCloud } from './judge-cloud.ts'
import { judgeEnd } from './judge-end.ts'
import { judgeFences } from './judge-fences.ts'
import { judgeProcesses } from './judge-processes.ts'
import { judgeStates } from './judge-states.ts'
import { judgeTrail } from './judge-trail.ts'

/** All faults of a run, one sentence each. Empty when the run was right. */
export function judge(evidence: Evidence): readonly string[] {
  const ofTargets = evidence.mode === 'tagged' ? judgeCloud : judgeProcesses
  return [judgeEnd, ofTargets, judgeFences, judgeAudit, judgeTrail, judgeStates].flatMap((each) =>
    each(evidence),
  )
}
