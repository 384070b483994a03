import { beforeAll, describe, expect, it } from 'vitest'
import type { Evidence } from '../../kill/evidence.ts'
import { judge } from '../../kill/judge/judge.ts'
import { planKill, points } from '../../kill/kill-plan.ts'
import { type KillOutcome, runKill } from '../../kill/run-kill.ts'

/** The first plan that kills again during the recovery. `npm run test:kill` has the rest. */
const killedTwice = points.length + 1 + (points.length % 2 === 0 ? 1 : 0)
/** One of the hardest moments. */
const afterCreate = 1 + points.findIndex(([name]) => name === 'create/after-apply')
const seed = 1

// The search for orphans reads /proc.
const onLinux = describe.skipIf(process.platform !== 'linux')

onLinux('a plane that is killed', { concurrent: true, timeout: 300_000 }, () => {
  let restarted: Promise<KillOutcome>
  beforeAll(() => {
    restarted = runKill(planKill(seed, killedTwice))
  })

  it('reaches the same end when started again, also when it is killed again meanwhile', async () => {
    const { killed, faults } = await restarted
    expect(faults).toEqual([])
    expect(killed.length).toBe(2)
  })

  it('is replaced by a standby, which reaches the same end', async () => {
    const { killed, faults } = await runKill(planKill(seed, afterCreate, 'standby'))
    expect(faults).toEqual([])
    expect(killed.length).toBe(1)
  })

  /** Each row is one kind of damage, a function that makes it, and the report of the judge. */
  const damages: readonly (readonly [string, (whole: Evidence) => Partial<Evidence>, RegExp])[] = [
    [
      'a record that was lost',
      ({ records }) => ({ records: records.toSpliced(3, 1) }),
      /is in the audit log 0 times/,
    ],
    [
      'a record that is there twice',
      ({ records }) => ({ records: [...records, ...records.slice(3, 4)] }),
      /is in the audit log 2 times/,
    ],
    [
      'records in another order',
      ({ records: [first, second, ...rest] }) => ({
        records: [second, first, ...rest].filter((each) => each !== undefined),
      }),
      /is not the event that was committed in its place/,
    ],
    [
      'a change that was committed twice',
      ({ commits }) => ({
        commits: {
          ...commits,
          events: commits.events.flatMap((each) => [each, { ...each, id: `${each.id}x` }]),
        },
      }),
      /has rollout-completed 6 times in its trail, not 3/,
    ],
    [
      'a revision that was started twice',
      ({ journal }) => ({
        journal: [...journal, ...journal.filter(({ event }) => event === 'started').slice(0, 1)],
      }),
      /was started 2 times/,
    ],
    [
      'an orphan process',
      ({ running }) => ({ running: [...running, { pid: 1, command: 'forgotten' }] }),
      /process 1 is an orphan: forgotten/,
    ],
    [
      'a process that the journal does not have',
      ({ starts }) => ({ starts: [...starts, { pid: 1, key: 'default/digits', revision: 'r' }] }),
      /the journal tells of processes/,
    ],
    [
      'traffic for a revision that is not ready',
      ({ commits }) => ({
        commits: {
          ...commits,
          states: commits.states.map(({ status, ...state }) => ({
            ...state,
            status: status && {
              ...status,
              placements: status.placements.map((at) => ({
                ...at,
                revisions: at.revisions.map((each) => ({ ...each, state: 'unready' as const })),
              })),
            },
          })),
        },
      }),
      /the weight of \S+ rises to 100 while it is unready/,
    ],
    [
      'an effect under an old fence',
      ({ effects }) => ({ effects: effects.map((each) => ({ ...each, fence: 1 })) }),
      /was sent under fence 1, not under (?!1\b)\d/,
    ],
    [
      'an effect that follows one under a newer fence',
      ({ effects }) => ({ effects: [...effects].reverse() }),
      /under fence (\d+) follows one under (?!\1\b)\d+/,
    ],
    ['a request that failed', () => ({ failures: ['unavailable'] }), /1 requests failed/],
    ['a write after the end', () => ({ commitsWhenSettled: 1 }), /writes after everything was settled/],
    ['an answer from the wrong revision', () => ({ answered: 'r1' }), /r1 answers where/],
  ]

  it.each(damages)('is reported as faulty when the evidence shows %s', async (_, damage, said) => {
    const { evidence } = await restarted
    if (evidence === undefined) throw new Error('the run did not come to its end')
    expect(judge({ ...evidence, ...damage(evidence) }).join('\n')).toMatch(said)
  })
})
