import { madeOf, splitIn } from '../../status.ts'
import type { Evidence } from '../evidence.ts'
import { lastVersion } from '../scenario.ts'

/** Checks that the wanted revision has all traffic, the deleted deployment is gone, and no write follows. */
export function judgeEnd({ commits, commitsWhenSettled, answered, failures }: Evidence): readonly string[] {
  const faults: string[] = []
  const status = commits.states.findLast(({ key }) => key === 'default/digits')?.status
  const version = madeOf(status, status?.desired)?.model.version
  const split = JSON.stringify(splitIn(status))
  if (version !== lastVersion) faults.push(`version ${version} is desired in the end, not ${lastVersion}`)
  if (status?.stable !== status?.desired) faults.push(`${status?.stable} is stable in the end`)
  if (split !== JSON.stringify([{ revision: status?.stable, weight: 100 }])) {
    faults.push(`the split is ${split} in the end`)
  }
  if (status?.rollout.phase !== 'converged') faults.push(`the phase is ${status?.rollout.phase} in the end`)
  if (answered !== status?.stable) faults.push(`${answered} answers where ${status?.stable} should`)
  if (commits.present.join() !== 'default/digits') {
    faults.push(`in the end there are ${commits.present.join(', ')}`)
  }
  if (commits.commits !== commitsWhenSettled) {
    faults.push(`${commits.commits - commitsWhenSettled} writes after everything was settled`)
  }
  if (failures.length > 0) faults.push(`${failures.length} requests failed, the first: ${failures[0]}`)
  return faults
}
