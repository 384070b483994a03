import type { CallerEnd, Callers } from './keep-asking.ts'
import type { Verdict } from './samples.ts'

/** Answers may be late that often, where the machine has other things to do. */
const mostLate = 0.05

/** Whether callers got what they were to get, in time. `besides` is told with it. */
export function judgeEnds(callers: readonly Callers[], besides: string): readonly Verdict[] {
  const count = (end: CallerEnd): number => callers.reduce((sum, { ends }) => sum + ends[end], 0)
  const [expected, left, late, unexpected] = [
    count('as expected'),
    count('left'),
    count('late'),
    count('unexpected'),
  ]
  const all = expected + left + late + unexpected
  const seconds = Math.max(...callers.map(({ longestMs }) => longestMs)) / 1000
  return [
    {
      law: 'every answer is one that the table of faults has',
      holds: unexpected === 0 && expected > 0,
      seen: `${expected} as expected, ${left} callers left, ${unexpected} unexpected, ${besides}`,
    },
    { law: 'no limit is missed', holds: late <= all * mostLate, seen: `${late} of ${all} answers late` },
    {
      law: 'no caller waits for ever',
      holds: seconds < 30,
      seen: `the longest took ${seconds.toFixed(1)} s`,
    },
  ]
}
