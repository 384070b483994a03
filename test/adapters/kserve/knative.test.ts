import type { ObservedRevision, Revision } from 'modelspine/adapter'
import { afterEach, describe, expect, it } from 'vitest'
import { callOptions, converge, key, wantOf } from './converge.ts'
import type { Json, Stored } from './kubernetes-world.ts'
import { revision } from './revision.ts'
import { kserveScene, type Scene } from './scene.ts'

const [first, second, third] = [revision(1), revision(2), revision(3)]

let ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends) await end()
  ends = []
})

async function knative(more: Parameters<typeof kserveScene>[1] = {}): Promise<Scene> {
  const scene = await kserveScene('knative', more)
  ends.push(scene.close)
  return scene
}

/** Two revisions, the second one with this share. */
async function canary(percent: number): Promise<Scene> {
  const scene = await knative()
  await converge(scene, wantOf([first]))
  await converge(scene, wantOf([first, second]))
  if (percent > 0) await converge(scene, wantOf([first, second], [100 - percent, percent]))
  return scene
}

function service({ api }: Scene): Stored {
  return api.world.find('inferenceservices', 'churn')
}

function predictorOf(scene: Scene): Json {
  return service(scene).spec?.predictor as Json
}

async function shown({ target }: Scene): Promise<readonly ObservedRevision[]> {
  return (await target.observe(key)).revisions
}

async function weights(scene: Scene): Promise<Record<string, number | undefined>> {
  return Object.fromEntries((await shown(scene)).map(({ revision: name, weight }) => [name, weight]))
}

/** What Knative gives to the Knative revisions, by their numbers. */
function traffic(scene: Scene): Record<string, number> {
  const { components } = service(scene).status as {
    components: { predictor: { traffic: readonly { revisionName: string; percent: number }[] } }
  }
  const shares: Record<string, number> = {}
  for (const { revisionName, percent } of components.predictor.traffic) {
    const name = revisionName.slice(-1)
    shares[name] = (shares[name] ?? 0) + percent
  }
  return shares
}

describe('a canary in the mode knative', () => {
  it('comes with 0 percent, and only beside a revision that KServe has noted as rolled out', async () => {
    const scene = await knative()
    const want = wantOf([first, second])
    for (const kind of ['accepted', 'accepted', 'busy', 'busy']) {
      expect(await scene.target.apply(key, want, callOptions())).toMatchObject({ kind })
      scene.api.kserve.reconcile(false)
    }
    scene.api.kserve.reconcile(true)
    // The Secret first, and then the predictor that names it.
    for (const kind of ['accepted', 'accepted', 'unchanged']) {
      expect(await scene.target.apply(key, want, callOptions())).toMatchObject({ kind })
    }
    expect(predictorOf(scene).canaryTrafficPercent).toBe(0)
  })

  it('gets its share without new pods: no annotation and nothing else of its predictor changes', async () => {
    const scene = await canary(0)
    const { canaryTrafficPercent: _, ...before } = predictorOf(scene)
    for (const percent of [10, 50, 100]) {
      await converge(scene, wantOf([first, second], [100 - percent, percent]), { fence: percent })
      const { canaryTrafficPercent, ...after } = predictorOf(scene)
      expect(canaryTrafficPercent).toBe(percent)
      expect(after).toEqual(before)
    }
    await converge(scene, wantOf([second]), { fence: 101 })
    expect(predictorOf(scene)).toEqual(before)
    expect(scene.api.kserve.running(service(scene)).at(-1)?.name).toBe('churn-predictor-00002')
  })

  it('that is turned back gets no more traffic while the previous revision starts again', async () => {
    const scene = await canary(10)
    const want = wantOf([first])
    expect(await scene.target.apply(key, want, callOptions())).toEqual({ kind: 'accepted' })
    scene.api.kserve.reconcile(false)
    expect(traffic(scene)).toEqual({ 1: 100, 2: 0 })
    expect(await weights(scene)).toEqual({ [first.name]: 100, [second.name]: 0 })
    expect(await scene.target.apply(key, want, callOptions())).toMatchObject({ kind: 'busy' })
    scene.api.kserve.reconcile(true)
    expect(traffic(scene)).toEqual({ 1: 100, 3: 0 })
    expect(await converge(scene, want)).toEqual(['accepted', 'accepted', 'unchanged'])
    expect(traffic(scene)).toEqual({ 3: 100 })
    expect(await weights(scene)).toEqual({ [first.name]: 100 })
    expect(predictorOf(scene)).not.toHaveProperty('canaryTrafficPercent')
  })

  it('that had all traffic gives it back to the previous revision, which is written again', async () => {
    const scene = await canary(100)
    expect(traffic(scene)).toEqual({ 2: 100 })
    expect(await scene.target.apply(key, wantOf([first, second]), callOptions())).toEqual({
      kind: 'accepted',
    })
    scene.api.kserve.reconcile(false)
    // It serves until the other one is ready.
    expect(traffic(scene)).toEqual({ 2: 100 })
    expect(await weights(scene)).toEqual({ [first.name]: 0, [second.name]: 100 })
    scene.api.kserve.reconcile(true)
    expect(traffic(scene)).toEqual({ 3: 100 })
    expect(await weights(scene)).toEqual({ [first.name]: 100, [second.name]: 0 })
    await converge(scene, wantOf([first]))
    expect(await weights(scene)).toEqual({ [first.name]: 100 })
  })

  it('that had all traffic and is not wanted loses it as soon as the previous revision is ready again', async () => {
    const scene = await canary(100)
    expect(await scene.target.apply(key, wantOf([first]), callOptions())).toEqual({ kind: 'accepted' })
    scene.api.kserve.reconcile(false)
    expect(traffic(scene)).toEqual({ 2: 100 })
    scene.api.kserve.reconcile(true)
    expect(traffic(scene)).toEqual({ 3: 100 })
  })

  it('waits until the stable revision is rolled out again, when another canary had all traffic', async () => {
    const scene = await canary(100)
    const want = wantOf([first, third])
    await converge(scene, want)
    expect(await weights(scene)).toEqual({ [first.name]: 100, [third.name]: 0 })
    expect(traffic(scene)).toEqual({ 3: 100, 4: 0 })
  })

  it('takes the place of another canary, and that one never gets its share', async () => {
    const scene = await canary(30)
    const want = wantOf([first, third])
    await scene.target.apply(key, want, callOptions())
    await scene.target.apply(key, want, callOptions())
    for (const ends of [false, true]) {
      scene.api.kserve.reconcile(ends)
      expect(traffic(scene)).toEqual(ends ? { 1: 100, 3: 0 } : { 1: 100, 2: 0 })
      expect(await weights(scene)).toEqual({ [first.name]: 100, [third.name]: 0 })
    }
    await converge(scene, wantOf([first, third], [75, 25]))
    expect(traffic(scene)).toEqual({ 1: 75, 3: 25 })
  })

  it('is not begun where KServe calls an older revision rolled out: kserve#2130', async () => {
    const scene = await canary(100)
    await converge(scene, wantOf([second]))
    const status = structuredClone(service(scene).status) as { components: { predictor: Json } }
    status.components.predictor.latestRolledoutRevision = 'churn-predictor-00001'
    scene.api.world.writeStatus('churn', status)
    expect(await scene.target.apply(key, wantOf([second, third]), callOptions())).toMatchObject({
      kind: 'failed',
      reason: 'RolloutNotRecorded',
      message: expect.stringContaining('churn-predictor-00001'),
    })
    expect(JSON.stringify(predictorOf(scene))).not.toContain(third.name)
  })

  it('shows traffic that KServe gives to a stranger as missing, and not as its own', async () => {
    const scene = await canary(10)
    const status = structuredClone(service(scene).status) as {
      components: { predictor: { traffic: { revisionName: string }[] } }
    }
    const [, previous] = status.components.predictor.traffic
    if (previous !== undefined) previous.revisionName = 'churn-predictor-00000'
    scene.api.world.writeStatus('churn', status)
    expect(await weights(scene)).toEqual({ [first.name]: 0, [second.name]: 10 })
  })
})

describe('a revision that the plane adopted', () => {
  it('is turned back to without its declaration, exactly as it ran before', async () => {
    const scene = await canary(10)
    const before = scene.api.kserve.running(service(scene))[0]?.predictor.model
    expect(before).toBeDefined()
    const kept = { revisions: [], keep: [first.name], split: [{ revision: first.name, weight: 100 }] }
    await converge(scene, { ...kept, scale: { min: 1, max: 1 } })
    expect(predictorOf(scene).model).toEqual(before)
    expect(await weights(scene)).toEqual({ [first.name]: 100 })
  })
})

describe('fields that somebody else has set', () => {
  const edit = ({ api }: Scene, predictor: Json): void => {
    const body = { metadata: { name: 'churn' }, spec: { predictor } }
    api.world.apply('inferenceservices', 'churn', body, { manager: 'kubectl', force: true, dryRun: false })
  }

  it('are set back where they are ours, and stay where we send nothing', async () => {
    const scene = await canary(10)
    edit(scene, { canaryTrafficPercent: 60, nodeSelector: { pool: 'gpu' } })
    scene.api.kserve.reconcile(true)
    expect((await weights(scene))[second.name]).toBe(60)
    await converge(scene, wantOf([first, second], [90, 10]))
    expect(predictorOf(scene)).toMatchObject({ canaryTrafficPercent: 10, nodeSelector: { pool: 'gpu' } })
  })

  it('are told where they stay although we took them out', async () => {
    const scene = await canary(100)
    edit(scene, { canaryTrafficPercent: 100 })
    scene.api.kserve.reconcile(true)
    // The Secret of the first revision goes first.
    expect(await scene.target.apply(key, wantOf([second]), callOptions())).toEqual({ kind: 'accepted' })
    expect(await scene.target.apply(key, wantOf([second]), callOptions())).toMatchObject({
      kind: 'failed',
      reason: 'FieldOwnedByOther',
      message: expect.stringContaining('spec.predictor.canaryTrafficPercent'),
    })
  })
})

describe('the address of a revision in the mode knative', () => {
  const addresses = async (scene: Scene): Promise<Record<string, string | undefined>> =>
    Object.fromEntries((await shown(scene)).map((each) => [each.revision, each.endpoint?.address]))

  it('is that of the service while it is alone, and that of its tag beside another', async () => {
    const scene = await knative()
    await converge(scene, wantOf([first]))
    expect(await addresses(scene)).toEqual({ [first.name]: 'http://churn.kit.example.com' })
    await converge(scene, wantOf([first, second]))
    expect(await addresses(scene)).toEqual({
      [first.name]: 'http://prev-churn-predictor.kit.example.com',
      [second.name]: 'http://latest-churn-predictor.kit.example.com',
    })
    await converge(scene, wantOf([first, second], [0, 100]))
    await converge(scene, wantOf([second]))
    expect(await addresses(scene)).toEqual({ [second.name]: 'http://churn.kit.example.com' })
  })

  it('is the service’s where tags are not wanted, and then nobody knows who answered', async () => {
    const scene = await knative({ endpoints: 'service' })
    expect(scene.target.capabilities.attribution).toBe('none')
    await converge(scene, wantOf([first]))
    await converge(scene, wantOf([first, second]))
    expect(new Set(Object.values(await addresses(scene)))).toEqual(new Set(['http://churn.kit.example.com']))
    expect(JSON.stringify(service(scene))).not.toContain('enable-tag-routing')
  })

  it('is what the option says, with the protocol, path and model that the settings say', async () => {
    const scene = await knative({
      address: ({ url, service: name, namespace }) => `${url}:81/${namespace}/${name}/`,
    })
    const settings = { modelFormat: 'huggingface', protocol: 'openai', path: '/openai/v1', modelName: 'chat' }
    const asked: Revision = { ...first, settings }
    await converge(scene, wantOf([asked]))
    expect((await shown(scene))[0]?.endpoint).toEqual({
      protocol: 'openai',
      address: 'http://churn.kit.example.com:81/kit/churn/openai/v1',
      model: 'chat',
    })
  })
})
