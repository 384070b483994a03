import type { ModelspineError, TargetWant } from 'modelspine/adapter'
import type { KserveTarget } from 'modelspine/adapters/kserve'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { callOptions, key, wantOf } from '../../adapters/kserve/converge.ts'
import { revision } from '../../adapters/kserve/revision.ts'
import type { RecordedRequest } from '../support/recording-proxy.ts'
import { withServer } from '../support/with-server.ts'
import { documentedRole } from './kserve-world.ts'
import { type TargetScene, targetScene } from './target-subject.ts'

const [v1, v2, v3] = [revision(1), revision(2), revision(3)]

/** Everything that a deployment goes through: two canaries, one turned back, one promoted, a scale, the end. */
const life: readonly TargetWant[] = [
  wantOf([v1]),
  wantOf([v1, v2], [90, 10]),
  wantOf([v1]),
  wantOf([v1, v3], [50, 50]),
  wantOf([v1, v3], [0, 100]),
  wantOf([v3]),
  { ...wantOf([v3]), scale: { min: 2, max: 3 } },
]

/** Each verb of the documented role with its resource. */
const grants = (await documentedRole('any')).rules.flatMap(({ verbs, resources }) =>
  verbs.flatMap((verb) => resources.map((resource) => [verb, resource] as const)),
)

withServer('kube-apiserver', (address) => {
  let scenes = 0
  const scene = async (mode: 'knative' | 'standard'): Promise<TargetScene> => {
    scenes += 1
    const made = await targetScene(address, `target-${scenes}`, mode)
    onTestFinished(made.close)
    return made
  }

  async function bring({ world }: TargetScene, target: KserveTarget, want: TargetWant): Promise<void> {
    for (let call = 0; call < 40; call += 1) {
      const result = await target.apply(key, want, callOptions())
      if (result.kind === 'unchanged') return
      if (result.kind === 'refused' || result.kind === 'failed') throw new Error(result.message)
      await world.simulator.settled()
    }
    throw new Error('apply is not unchanged after 40 calls')
  }

  async function liveThrough(made: TargetScene, target: KserveTarget): Promise<void> {
    for (const want of life) await bring(made, target, want)
    await emptied(made, target)
  }

  async function emptied({ world }: TargetScene, target: KserveTarget): Promise<void> {
    while ((await target.destroy(key, callOptions())).kind !== 'unchanged') await world.simulator.settled()
  }

  describe.skipIf(address.kserveMissing)('the requests of kserveTarget', () => {
    it.each(['knative', 'standard'] as const)(
      'are all valid for KServe’s own definition, in the mode %s',
      async (mode) => {
        const made = await scene(mode)
        await liveThrough(made, made.open())
        const writes = made.proxy.requests.filter(({ method }) => method === 'PATCH')
        const services = writes.filter(({ path }) => path.includes('/inferenceservices/'))
        expect(services.length).toBeGreaterThanOrEqual(life.length)
        for (const write of writes) expect(await replayed(made, write), write.body).toBeLessThan(300)
      },
    )

    it('are refused when a member is unknown or a value is wrong', async () => {
      const made = await scene('standard')
      await bring(made, made.open(), wantOf([v1]))
      const write = made.proxy.requests.find(
        ({ path }) => path.includes('/inferenceservices/') && path.includes('fieldManager'),
      )
      if (write === undefined) throw new Error('no InferenceService was written')
      const planted = (text: string, by: string): RecordedRequest => {
        expect(write.body).toContain(text)
        return { ...write, body: write.body.replace(text, by) }
      }
      expect(await replayed(made, write)).toBeLessThan(300)
      expect(await replayed(made, planted('"storageUri"', '"storageUrl"'))).toBeGreaterThanOrEqual(400)
      expect(await replayed(made, planted('"minReplicas":1', '"minReplicas":"one"'))).toBeGreaterThanOrEqual(
        400,
      )
    })
  })

  /** The same request as a dry run with strict validation, on an object of its own. */
  async function replayed(
    { world }: TargetScene,
    { path, body, contentType }: RecordedRequest,
  ): Promise<number> {
    const [, folder = '', name = ''] = /^(.*\/)([^/?]+)\?/.exec(path) ?? []
    const object = JSON.parse(body) as { metadata: Record<string, unknown> }
    const { resourceVersion: _, uid: __, ...metadata } = object.metadata
    const copy = { ...object, metadata: { ...metadata, name: `dry-${name}` } }
    const query = 'fieldManager=modelspine&force=true&dryRun=All&fieldValidation=Strict'
    const { status } = await world.ask('PATCH', `${folder}dry-${name}?${query}`, {
      type: contentType ?? '',
      body: JSON.stringify(copy),
    })
    return status
  }

  describe.skipIf(address.kserveMissing)('the documented role', () => {
    const roles = (namespace: string): string =>
      `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles/modelspine`

    it('is enough for all that kserveTarget does', async () => {
      const made = await scene('knative')
      const target = made.open()
      await liveThrough(made, target)
      await target.list()
      const refused = made.proxy.requests.filter(({ status }) => status === 401 || status === 403)
      expect(refused).toEqual([])
    })

    it.each(grants)(
      'has nothing that is not needed: without %s of %s an error says so',
      async (verb, resource) => {
        const made = await scene('knative')
        await take(made, verb, resource)
        const errors = await errorsOfLife(made)
        expect(errors).not.toEqual([])
        for (const { code, message } of errors) {
          expect(code).toBe('auth')
          expect(message).toContain(`User "modelspine" cannot ${verb} resource "${resource}"`)
        }
      },
    )

    /** Takes one verb out of the role, and waits until the API server has learnt of it. */
    async function take({ world }: TargetScene, verb: string, resource: string): Promise<void> {
      const { namespace } = world
      const role = await documentedRole(namespace)
      const left = role.rules.map(({ verbs, ...rule }) => ({
        ...rule,
        verbs: rule.resources.includes(resource) ? verbs.filter((each) => each !== verb) : verbs,
      }))
      await world.ask('PATCH', roles(namespace), {
        type: 'application/merge-patch+json',
        body: JSON.stringify({ rules: left }),
      })
      const group = role.rules.find(({ resources }) => resources.includes(resource))?.apiGroups[0]
      const spec = { user: 'modelspine', resourceAttributes: { namespace, verb, group, resource } }
      await vi.waitFor(
        async () => {
          const { body } = await world.ask('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
            type: 'application/json',
            body: JSON.stringify({ spec }),
          })
          expect(body).toMatchObject({ status: { allowed: false } })
        },
        { timeout: 10_000 },
      )
    }

    /** What a target throws that does all that it can do. */
    async function errorsOfLife(made: TargetScene): Promise<readonly ModelspineError[]> {
      const target = made.open()
      const errors: ModelspineError[] = []
      const noted = (error: ModelspineError): void => void errors.push(error)
      const watching = new AbortController()
      const watched = (async () => {
        for await (const _ of target.changes(watching.signal));
      })().catch(noted)
      await bring(made, target, wantOf([v1])).catch(noted)
      await target.list().catch(noted)
      await emptied(made, target).catch(noted)
      // The watch has had its answer by now, or gets it here.
      const isAnswered = (): boolean =>
        errors.length > 0 ||
        made.proxy.requests.some(({ path, status }) => path.includes('watch=true') && status !== undefined)
      await vi.waitFor(() => expect(isAnswered()).toBe(true), { timeout: 10_000 })
      watching.abort()
      await watched
      return errors
    }
  })

  describe.skipIf(address.kserveMissing)('the watch of kserveTarget', () => {
    it('tells of changes, goes on after it was cut, and after its place is gone', async () => {
      const made = await scene('knative')
      const target = made.open()
      const abort = new AbortController()
      let told = 0
      const watching = (async () => {
        for await (const changed of target.changes(abort.signal)) if (changed === key) told += 1
      })()
      const watches = (): readonly RecordedRequest[] =>
        made.proxy.requests.filter(({ path }) => path.includes('watch=true'))
      const tells = async (): Promise<void> => {
        const before = told
        await vi.waitFor(() => expect(told).toBeGreaterThan(before), { timeout: 10_000 })
      }
      await vi.waitFor(() => expect(watches().at(-1)?.status).toBe(200), { timeout: 10_000 })
      const first = tells()
      await bring(made, target, wantOf([v1]))
      await first

      made.proxy.breakOpen()
      await vi.waitFor(() => expect(watches().length).toBeGreaterThan(1), { timeout: 10_000 })
      const second = tells()
      await bring(made, target, wantOf([v1, v2], [90, 10]))
      await second

      const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }
      made.proxy.interfere({
        matches: ({ path }) => path.includes('watch=true'),
        answer: { status: 410, body: gone },
      })
      const lists = (): number =>
        made.proxy.requests.filter(
          ({ method, path }) =>
            method === 'GET' && path.includes('labelSelector') && !path.includes('watch='),
        ).length
      const listed = lists()
      made.proxy.breakOpen()
      await vi.waitFor(() => expect(lists()).toBeGreaterThan(listed), { timeout: 15_000 })
      const third = tells()
      await bring(made, target, wantOf([v1, v2], [50, 50]))
      await third
      abort.abort()
      await watching.catch(() => undefined)
    })
  })
})
