import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { callOptions, converge, key, wantOf } from './converge.ts'
import { crdCheck } from './crd-schema.ts'
import type { Json } from './kubernetes-world.ts'
import { revision } from './revision.ts'
import { kserveScene, type Scene } from './scene.ts'

const file = fileURLToPath(
  new URL('../../../../shared/truth/kserve-inferenceservices-crd.yaml', import.meta.url),
)
const isMissing = !existsSync(file)
if (isMissing) console.log(`skipped the checks against KServe's CRD: ${file} is not there`)

const sent = new Map<Mode, Promise<readonly Json[]>>()
const ends: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ends) await end()
})

type Mode = 'knative' | 'standard'

function sentIn(mode: Mode): Promise<readonly Json[]> {
  const known = sent.get(mode) ?? everythingIn(mode)
  sent.set(mode, known)
  return known
}

/** Everything that a target sends about InferenceServices from the first revision to the removal. */
async function everythingIn(mode: Mode): Promise<readonly Json[]> {
  const scene: Scene = await kserveScene(mode, { storageSchemes: ['models:'] })
  ends.push(scene.close)
  const [first, second, third] = [revision(1), revision(2), revision(3)]
  const full = revision(4, {
    settings: {
      modelFormat: { name: 'sklearn', version: '1' },
      runtime: 'kserve-sklearnserver',
      runtimeVersion: 'v0.15.0',
      protocolVersion: 'v2',
      protocol: 'openai',
      path: '/openai/v1',
      modelName: 'other',
      args: ['--workers=2'],
      serviceAccountName: 'reader',
      storageKey: 'minio',
      timeoutSeconds: 60,
      containerConcurrency: 4,
      predictor: {
        nodeSelector: { pool: 'gpu' },
        tolerations: [{ key: 'gpu', operator: 'Exists' }],
        imagePullSecrets: [{ name: 'pull' }],
        annotations: { 'example.com/team': 'risk' },
      },
    },
    runtime: { env: { A: 'b' }, secrets: {}, resources: { cpu: 1, memory: '4Gi', 'nvidia.com/gpu': 1 } },
  })
  await converge(scene, wantOf([first]))
  await converge(scene, wantOf([first, second]))
  for (const weight of [25, 100]) await converge(scene, wantOf([first, second], [100 - weight, weight]))
  await converge(scene, wantOf([first, second], [100, 0]))
  await converge(scene, wantOf([first]))
  await converge(scene, { ...wantOf([first]), scale: { min: 2, max: 5 } })
  await converge(scene, wantOf([first, third]))
  await converge(scene, wantOf([first, third], [0, 100]))
  await converge(scene, wantOf([third]))
  await converge(scene, wantOf([full]))
  for (let call = 0; call < 6; call += 1) await scene.target.destroy(key, callOptions())
  return scene.api.requests
    .filter(({ call }) => call.startsWith('PATCH /inferenceservices/'))
    .map(({ body }) => JSON.parse(body) as Json)
}

function withPlanted(body: Json, path: readonly string[], value: unknown): Json {
  const copy = structuredClone(body)
  const [last = '', ...before] = path.toReversed()
  let at: Json = copy
  for (const name of before.toReversed()) at = at[name] as Json
  at[last] = value
  return copy
}

describe.skipIf(isMissing)('the InferenceServices that kserveTarget sends', () => {
  const check = isMissing ? () => [] : crdCheck(file)

  it.each(['knative', 'standard'] as const)('fit the official model in the mode %s', async (mode) => {
    const bodies = await sentIn(mode)
    expect(bodies.length).toBeGreaterThan(9)
    const parts = (body: Json): Json => (body.spec as { predictor: Json }).predictor
    expect(
      bodies.some((body) =>
        mode === 'standard' ? 'canary' in (body.spec as Json) : 'canaryTrafficPercent' in parts(body),
      ),
    ).toBe(true)
    expect(bodies.map(check)).toEqual(bodies.map(() => []))
  })

  it.each([
    [['spec', 'predictor', 'canaryTrafficPercentX'], 10, 'canaryTrafficPercentX'],
    [['spec', 'predictor', 'model', 'storageUrl'], 's3://a/b', 'storageUrl'],
    [['spec', 'predictor', 'minReplicas'], 'one', '/spec/predictor/minReplicas'],
    [['spec', 'predictor', 'model', 'modelFormat'], 'sklearn', '/spec/predictor/model/modelFormat'],
    [['spec', 'predictor', 'model', 'env'], { A: 'b' }, '/spec/predictor/model/env'],
    [['spec', 'canary'], [{ trafficPercent: 101, predictor: {} }], '/spec/canary/0/trafficPercent'],
  ])('do not fit with %j set to %j', async (path, value, told) => {
    const [body = {}] = await sentIn('knative')
    expect(check(withPlanted(body, path, value)).join('\n')).toContain(told)
  })
})
