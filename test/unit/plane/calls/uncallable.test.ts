import { describe, expect, it } from 'vitest'
import { hostedTarget, memoryProvider, memoryStore, type StateStore } from '../../../../src/index.ts'
import { ann, type FixtureOptions, type PlaneFixture, planeFixture } from '../plane-fixture.ts'

const echo = () => memoryProvider({ name: 'echo', chat: () => 'hello' })

function hostedPlane(
  plane: FixtureOptions['plane'] = { providers: { echo: echo() } },
  beside?: PlaneFixture,
): PlaneFixture {
  return planeFixture({
    plane: { targets: { vendor: hostedTarget() }, connect: {}, ...plane },
    ...(beside !== undefined && { beside }),
  })
}

const register = ({ registry }: PlaneFixture, version: string, provider: string) =>
  registry.register({
    name: 'greeter',
    version,
    approval: 'approved',
    artifact: { kind: 'hosted', provider, model: `v${version}` },
  })

const deployment = {
  metadata: { name: 'greeter' },
  spec: { model: 'models/greeter@latest-approved', target: 'vendor' },
}
const route = {
  metadata: { name: 'greeter' },
  spec: { operations: ['chat' as const], backends: [{ deployment: 'greeter' }] },
}

const messages = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi' }] }]
const ask = ({ plane }: PlaneFixture) =>
  plane.router.chat('greeter', { messages }, { abortSignal: new AbortController().signal })
const condition = async ({ plane }: PlaneFixture, type: string) =>
  (await plane.get('greeter'))?.status?.conditions.find((each) => each.type === type)
const versionThatServes = async ({ plane }: PlaneFixture) => {
  const { stable = '', revisions = {} } = (await plane.get('greeter'))?.status ?? {}
  return revisions[stable]?.model.version
}

/** A plane whose version 1 answers, behind a route or without one. */
async function serving(fixture: PlaneFixture, routed = true): Promise<void> {
  await register(fixture, '1', 'echo')
  await fixture.plane.start()
  await fixture.plane.apply(deployment, { actor: ann })
  if (routed) await fixture.plane.apply(route, { actor: ann })
  await fixture.until(async () => (await fixture.phase('greeter')) === 'converged')
}

describe('a version whose provider the plane does not have', () => {
  it('gets no traffic from the one that answers, and the conditions say why', async () => {
    const fixture = hostedPlane()
    await serving(fixture)
    await register(fixture, '2', 'ehco')
    await fixture.until(async () => (await condition(fixture, 'Degraded')) !== undefined)
    await fixture.clock.advance(600_000)
    expect(await condition(fixture, 'Degraded')).toMatchObject({
      status: 'True',
      reason: 'PlanRefused',
      message: expect.stringMatching(
        /^Revision \w{10} \(models\/greeter:2\) is called by "ehco", and no provider and no connect of this plane has this name\. It has "echo"\. Did you mean "echo"\? Route default\/greeter sends requests to the deployment, so the revision gets no more of them\.$/,
      ),
    })
    expect(await condition(fixture, 'Ready')).toMatchObject({ status: 'False', reason: 'NotRolledOut' })
    expect((await fixture.plane.explain('greeter')).waitsFor).toContain('Did you mean "echo"?')
    expect(await ask(fixture)).toMatchObject({ provider: 'echo' })
    await fixture.plane.stop()
  })

  it('lets the next version go forward by itself', async () => {
    const fixture = hostedPlane()
    await serving(fixture)
    await register(fixture, '2', 'ehco')
    await fixture.until(async () => (await condition(fixture, 'Degraded')) !== undefined)
    await register(fixture, '3', 'echo')
    await fixture.until(async () => (await versionThatServes(fixture)) === '3', 600_000)
    expect(await condition(fixture, 'Degraded')).toBeUndefined()
    await fixture.plane.stop()
  })

  it('is not taken as serving when it is the first one behind a route', async () => {
    const fixture = hostedPlane()
    await register(fixture, '1', 'ehco')
    await fixture.plane.start()
    await fixture.plane.apply(route, { actor: ann })
    await fixture.plane.apply(deployment, { actor: ann })
    await fixture.until(async () => (await condition(fixture, 'Degraded')) !== undefined)
    await fixture.clock.advance(60_000)
    expect(await condition(fixture, 'Ready')).toMatchObject({ status: 'False' })
    await fixture.plane.stop()
  })

  it('is rolled out where no route of the store leads to it', async () => {
    const fixture = hostedPlane()
    await serving(fixture, false)
    await register(fixture, '2', 'ehco')
    await fixture.until(async () => (await versionThatServes(fixture)) === '2', 600_000)
    await fixture.plane.stop()
  })

  it('is rolled out by a plane that cannot call what serves, because others route these requests', async () => {
    const memory = memoryStore()
    const shared: StateStore = Object.create(memory, {
      capabilities: { value: { ...memory.capabilities, shared: true } },
    })
    for (const plane of [{}, { store: shared, providers: { echo: echo() } }]) {
      const fixture = hostedPlane(plane)
      await fixture.plane.start()
      await fixture.plane.apply(route, { actor: ann })
      await fixture.plane.apply(deployment, { actor: ann })
      for (const version of ['1', '2']) {
        await register(fixture, version, `elsewhere-${version}`)
        await fixture.until(async () => (await versionThatServes(fixture)) === version, 600_000)
      }
      await fixture.plane.stop()
    }
  })

  it('is warned of by a plan, with the nearest name', async () => {
    const fixture = hostedPlane()
    await register(fixture, '1', 'ehco')
    expect(await fixture.plane.plan(deployment, { actor: ann })).toMatchObject({
      problems: [],
      warnings: [expect.stringContaining('is called by "ehco"')],
    })
    await fixture.plane.stop()
  })

  it('is not warned of by a plan of a plane that only manages', async () => {
    const fixture = hostedPlane({})
    await register(fixture, '1', 'ehco')
    expect((await fixture.plane.plan(deployment, { actor: ann })).warnings).toEqual([])
    await fixture.plane.stop()
  })
})

describe('a revision whose endpoint the plane cannot call', () => {
  it('gets no traffic once its target shows how it is called', async () => {
    const fixture = planeFixture({
      target: {
        endpoint: (_key, { model }) => ({
          protocol: model.version === '1' ? 'memory' : 'memroy',
          address: 'memory://here',
        }),
      },
    })
    await fixture.registry.register({
      name: 'greeter',
      version: '1',
      approval: 'approved',
      artifact: { kind: 'files', files: [{ uri: 'file:///1' }] },
    })
    await fixture.plane.start()
    const local = { ...deployment, spec: { ...deployment.spec, target: 'local' } }
    await fixture.plane.apply(local, { actor: ann })
    await fixture.plane.apply({ ...route, spec: { ...route.spec, operations: ['infer'] } }, { actor: ann })
    await fixture.until(async () => (await fixture.phase('greeter')) === 'converged')
    await fixture.registry.register({
      name: 'greeter',
      version: '2',
      approval: 'approved',
      artifact: { kind: 'files', files: [{ uri: 'file:///2' }] },
    })
    await fixture.until(async () => (await condition(fixture, 'Degraded')) !== undefined, 600_000)
    expect((await condition(fixture, 'Degraded'))?.message).toContain('Did you mean "memory"?')
    expect(await versionThatServes(fixture)).toBe('1')
    await fixture.plane.stop()
  })
})

describe('a plan', () => {
  it('warns of a deployment that a route names and nobody declared, with the nearest name', async () => {
    const fixture = hostedPlane()
    await fixture.plane.apply(deployment, { actor: ann })
    const wrong = { ...route, spec: { ...route.spec, backends: [{ deployment: 'greetr' }] } }
    expect(await fixture.plane.plan(wrong, { actor: ann })).toMatchObject({
      problems: [],
      warnings: [
        'spec.backends[0].deployment is default/greetr, which is not declared. The route waits for it and sends it nothing. Did you mean "default/greeter"?',
      ],
    })
    expect((await fixture.plane.plan(route, { actor: ann })).warnings).toEqual([])
    await fixture.plane.stop()
  })

  it('warns of an operation that no provider of the route has', async () => {
    const fixture = hostedPlane()
    const embed = {
      metadata: { name: 'r' },
      spec: { operations: ['chat' as const, 'embed' as const], backends: [{ provider: 'echo', model: 'm' }] },
    }
    expect((await fixture.plane.plan(embed, { actor: ann })).warnings).toEqual([
      'spec.operations[1] is "embed", which none of its providers can do: "echo". Name another provider, or leave it out.',
    ])
    await fixture.plane.stop()
  })

  it('warns of a model that the registry does not have, with the nearest name', async () => {
    const fixture = hostedPlane()
    await register(fixture, '1', 'echo')
    const wrong = { ...deployment, spec: { ...deployment.spec, model: 'models/greter@latest-approved' } }
    expect(await fixture.plane.plan(wrong, { actor: ann })).toMatchObject({
      problems: [],
      warnings: [
        'spec.model cannot be resolved, so no rollout begins: models/greter@latest-approved: registry "models" has no model "greter". Did you mean "greeter"?',
      ],
    })
    await fixture.plane.stop()
  })
})
