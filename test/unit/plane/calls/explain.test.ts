import { describe, expect, it } from 'vitest'
import {
  allow,
  type Explanation,
  memoryTarget,
  requireApproval,
  rule,
  rulesPolicy,
} from '../../../../src/index.ts'
import {
  ann,
  digits,
  type FixtureOptions,
  type PlaneFixture,
  planeFixture,
  registerVersions,
  serving,
} from '../plane-fixture.ts'

/** The explanation as one line of text. The names of revisions are replaced by REV. */
function told({ phase, waitsFor, next, revisions, gates, fault }: Explanation): string {
  return [
    `${phase}: waits for ${waitsFor} | then ${next}`,
    ...revisions.map(
      ({ role, model, weight, state, reason }) =>
        `${role} ${model} ${state}${reason === undefined ? '' : ` (${reason})`} ${weight} %`,
    ),
    ...gates.map(({ gate, result }) => `gate ${gate.name}: ${result?.message ?? 'not read yet'}`),
    ...(fault === undefined ? [] : [`fault ${fault.reason}`]),
  ]
    .join(' | ')
    .replaceAll(/\b[0-9a-f]{10}\b/g, 'REV')
}

interface Watched extends PlaneFixture {
  /** Every new explanation during this time. */
  during(ms: number): Promise<string[]>
}

function watched(options: FixtureOptions = {}): Watched {
  const fixture = planeFixture({ target: { readyAfterMs: 1000, goneAfterMs: 1000 }, ...options })
  let last = ''
  return {
    ...fixture,
    async during(ms) {
      const seen: string[] = []
      for (let passed = 0; passed < ms; passed += 50) {
        await fixture.clock.advance(50)
        if ((await fixture.plane.get('digits')) === null) break
        const now = told(await fixture.plane.explain('digits'))
        if (now !== last) seen.push(now)
        last = now
      }
      return seen
    },
  }
}

const strategy = {
  canary: {
    steps: [
      { weight: 5 },
      { analyze: ['errors'], for: '2s' as const },
      { weight: 50 },
      { pause: 'until-promoted' as const },
      { pause: '1s' as const },
    ],
  },
}
const analysis = [{ name: 'errors', metric: 'requests.errors', minSamples: 10, pass: { atMost: 0.1 } }]

describe('explain', () => {
  it('describes a first deployment from unseen to converged', async () => {
    const { plane, registry, during } = watched()
    await plane.apply(digits('1'), { actor: ann })
    expect(told(await plane.explain('digits'))).toMatchInlineSnapshot(
      `"unseen: waits for a plane that holds the lease to look at it | then its model is looked up and a rollout begins"`,
    )
    await plane.start()
    expect(await during(1000)).toMatchInlineSnapshot(`
      [
        "pending: waits for its model to be found: models/digits:1: registry "models" has no model "digits" | then a rollout of the declared model begins | fault ModelNotFound",
      ]
    `)
    await registerVersions(registry, '1')
    expect(await during(70_000)).toMatchInlineSnapshot(`
      [
        "starting: waits for revision REV to be ready, for 30m at most | then it takes all traffic | candidate models/digits:1 requested 0 %",
        "starting: waits for revision REV to be ready, for 30m at most | then it takes all traffic | candidate models/digits:1 starting 0 %",
        "converged: waits for a change: the declared revision serves all traffic | then nothing by itself | stable models/digits:1 ready 100 %",
      ]
    `)
    await plane.stop()
  })

  it('describes a canary, its gates and the command that it waits for', async () => {
    const fixture = watched()
    const { plane, registry, during, clock } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    await clock.advance(1)
    await plane.apply(digits('2', { strategy, analysis }), { actor: ann })
    expect(await during(5000)).toMatchInlineSnapshot(`
      [
        "starting: waits for revision REV to be ready, for 30m at most | then it gets 5 % of traffic | stable models/digits:1 ready 100 % | candidate models/digits:2 requested 0 %",
        "starting: waits for revision REV to be ready, for 30m at most | then it gets 5 % of traffic | stable models/digits:1 ready 100 % | candidate models/digits:2 starting 0 %",
        "analyzing: waits for its gates to be measured in full | then if all pass, it gets 50 % of traffic; if one fails, traffic returns | stable models/digits:1 ready 95 % | candidate models/digits:2 ready 5 % | gate errors: errors: requests.errors of the candidate has no data",
        "holding: waits for promote, resume or abort, for 7d at most, because the analysis gave no answer: errors: requests.errors of the candidate has no data | then on promote, it gets 50 % of traffic; on resume, the gates are measured again; without an answer in time, the rollout is turned back | stable models/digits:1 ready 95 % | candidate models/digits:2 ready 5 % | gate errors: errors: requests.errors of the candidate has no data",
      ]
    `)
    await plane.promote('digits', { actor: ann })
    await plane.pause('digits', { actor: ann })
    expect(await during(1000)).toMatchInlineSnapshot(`
      [
        "shifting: waits for resume: ann@example.com paused it | then it waits for promote | stable models/digits:1 ready 95 % | candidate models/digits:2 ready 5 %",
      ]
    `)
    await plane.resume('digits', { actor: ann })
    await during(1000)
    await plane.promote('digits', { actor: ann })
    expect(await during(5000)).toMatchInlineSnapshot(`
      [
        "pausing: waits for its time to pass | then it gets 100 % of traffic | stable models/digits:1 ready 50 % | candidate models/digits:2 ready 50 %",
        "retiring: waits for the replaced revisions to be removed | then the deployment is converged | stable models/digits:2 ready 100 %",
        "converged: waits for a change: the declared revision serves all traffic | then nothing by itself | stable models/digits:2 ready 100 %",
      ]
    `)
    await plane.stop()
  })

  it('names the approval that a policy requires, and the reason of a rollback', async () => {
    const policy = rulesPolicy('promotion', [
      rule('four-eyes', {
        on: 'promote',
        check: ({ revision, weight }) =>
          allow(
            ...(revision.model.version === '2' && weight === 100
              ? [requireApproval({ notAuthor: true })]
              : []),
          ),
      }),
    ])
    const fixture = watched({ plane: { policies: [policy] } })
    const { plane, registry, during } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    await plane.apply(digits('2'), { actor: ann })
    expect((await during(5000)).at(-1)).toMatchInlineSnapshot(
      `"blocked: waits for an approval, for 7d at most: needs the approval of somebody, but not of ann@example.com, who asked for it | then on approve, the revision gets 100 % of traffic; without an answer in time, the rollout is turned back | stable models/digits:1 ready 25 % | candidate models/digits:2 ready 75 %"`,
    )
    await plane.abort('digits', { actor: ann })
    expect(await during(5000)).toMatchInlineSnapshot(`
      [
        "rolling-back: waits for traffic to return and revision REV to be removed: aborted by ann@example.com | then the deployment waits for retry or another revision | stable models/digits:1 ready 100 %",
        "failed: waits for retry or another revision, because REV was turned back: aborted by ann@example.com | then nothing by itself | stable models/digits:1 ready 100 %",
      ]
    `)
    await plane.stop()
  })

  it('says that the stable revision is not healthy', async () => {
    const fixture = watched()
    const { plane, world, during } = fixture
    await serving(fixture)
    const { stable = '' } = (await plane.get('digits'))?.status ?? {}
    await during(1000)
    world.hold(stable, { state: 'unready', reason: 'ProbeFailing', message: 'HTTP 503' })
    expect(await during(70_000)).toMatchInlineSnapshot(`
      [
        "converged: waits for the stable revision to serve again: stable revision REV is unready (ProbeFailing: HTTP 503); the split stays | then nothing by itself | stable models/digits:1 unready (ProbeFailing) 100 %",
      ]
    `)
    await plane.stop()
  })

  it('names the fault that hinders the loop', async () => {
    const fixture = watched()
    const { plane, target, registry, during } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    for (let times = 0; times < 100; times += 1) target.failNext('observe')
    await plane.apply(digits('2'), { actor: ann })
    expect((await during(1000)).at(-1)).toMatchInlineSnapshot(
      `"converged: waits for this fault to end: TargetUnavailable: observe was told to fail (the loop has not looked at generation 2 yet) | then nothing by itself | stable models/digits:1 ready 100 % | fault TargetUnavailable"`,
    )
    await plane.stop()
  })

  it('mentions a deletion that the loop has not looked at yet', async () => {
    const { plane } = planeFixture()
    await plane.apply(digits('1'), { actor: ann })
    await plane.pause('digits', { actor: ann })
    await plane.delete('digits', { actor: ann })
    expect((await plane.explain('digits')).waitsFor).toBe(
      'resume: ann@example.com paused it (ann@example.com deleted it, but the loop has not looked at that yet)',
    )
  })

  it('says that the plane cannot find out whether a create was done', async () => {
    const { plane, registry, target, during } = watched({
      target: { readyAfterMs: 0, capabilities: { names: 'random' } },
    })
    await registerVersions(registry, '1')
    target.failNext('apply', 'after')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    expect((await during(10_000)).at(-1)?.replace(/operation \S+/, 'operation OP')).toMatchInlineSnapshot(
      `"stopped: waits for a person to look at the target and retry: it is not known whether operation OP created revision REV; look at the target, then retry | then nothing by itself | candidate models/digits:1 requested 0 %"`,
    )
    await plane.stop()
  })

  it('describes a move to another target, and throws not-found once the deployment is deleted', async () => {
    const first = planeFixture({ target: { goneAfterMs: 1000 } })
    const fixture = watched({
      beside: first,
      plane: {
        targets: { local: first.target, far: memoryTarget({ clock: first.clock, readyAfterMs: 1000 }) },
      },
    })
    const { plane, during } = fixture
    await serving(fixture)
    await plane.apply(digits('1', { target: 'far' }), { actor: ann })
    expect(await during(10_000)).toMatchInlineSnapshot(`
      [
        "retargeting: waits for revision REV to be ready at target far, for 30m at most | then all traffic moves to target far; then the old target is emptied | stable models/digits:1 ready 100 %",
        "converged: waits for a change: the declared revision serves all traffic | then nothing by itself | stable models/digits:1 ready 100 %",
      ]
    `)
    await plane.delete('digits', { actor: ann })
    expect((await during(10_000)).length).toBeLessThanOrEqual(1)
    await expect(plane.explain('digits')).rejects.toMatchObject({ code: 'not-found' })
    await plane.stop()
  })
})
