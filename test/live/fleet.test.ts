import { type ControlPlane, createControlPlane, memoryProvider, memoryRegistry } from 'modelspine'
import { type ModelRegistry, secretOf } from 'modelspine/adapter'
import { kserveTarget } from 'modelspine/adapters/kserve'
import { mlflowRegistry } from 'modelspine/adapters/mlflow'
import { sagemakerTarget } from 'modelspine/adapters/sagemaker'
import { vertexTarget } from 'modelspine/adapters/vertex'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jsonError } from '../adapters/shared/aws/small-aws.ts'
import { simulatedEndpoints } from '../simulators/sagemaker/endpoints.ts'
import {
  credentials,
  type SagemakerSimulator,
  sagemakerSimulator,
} from '../simulators/sagemaker/sagemaker-simulator.ts'
import { type VertexSimulator, vertexSimulator } from '../simulators/vertex/vertex-simulator.ts'
import { location, projectId, projectNumber } from '../simulators/vertex/vertex-world.ts'
import { countingDispatcher } from './cut-offs/counting-dispatcher.ts'
import { median, throttle } from './fleet/pace.ts'
import { type KserveWorld, kserveWorld } from './kserve/kserve-world.ts'
import { countedCalls, mostWithin } from './scale/counted-calls.ts'
import { withServer } from './support/with-server.ts'

const actor = { name: 'fleet' }
const names = ['kserve', 'sagemaker', 'vertex'] as const
type Vendor = (typeof names)[number]

function byVendor<Value>(of: (vendor: Vendor) => Value): Readonly<Record<Vendor, Value>> {
  return { kserve: of('kserve'), sagemaker: of('sagemaker'), vertex: of('vertex') }
}

/** Forty deployments, of which ten are rolled out at once. */
const sizes: Readonly<Record<Vendor, readonly [all: number, rolled: number]>> = {
  kserve: [14, 5],
  // One takes two minutes while SageMaker takes a request a second; several share its requests.
  sagemaker: [13, 1],
  vertex: [13, 4],
}
/** Calls of a target. Each asks its vendor a few times. */
const rates = {
  targets: {
    kserve: { perSecond: 20, burst: 20 },
    sagemaker: { perSecond: 20, burst: 20 },
    vertex: { perSecond: 20, burst: 20 },
  },
  registries: { mlflow: { perSecond: 15, burst: 15 } },
} as const
const methods = ['observe', 'observeMany', 'apply', 'destroy', 'list'] as const
const role = 'arn:aws:iam::123456789012:role/sagemaker'
const image = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/fleet:1'
const versions = ['1', '2', '3'] as const
const vertexModel = `projects/${projectNumber}/locations/${location}/models/fleet`

/** What Vertex itself has of the model `fleet`. */
function modelsOfVertex(): ModelRegistry {
  return memoryRegistry({
    name: 'vertex',
    versions: versions.map((version) => ({
      name: 'fleet',
      version,
      approval: 'approved',
      artifact: { kind: 'hosted', provider: 'vertex', model: `${vertexModel}@${version}` },
    })),
  })
}

withServer('kube-apiserver', (address) => {
  withServer('mlflow', ({ url }) => {
    describe.skipIf(address.kserveMissing)('forty deployments at three vendors', () => {
      let world: KserveWorld
      let aws: SagemakerSimulator
      let google: VertexSimulator
      let plane: ControlPlane
      let counted: Readonly<Record<Vendor, { readonly times: readonly number[] }>>
      const toKube = countingDispatcher({ connect: { ca: address.ca } })
      const toMlflow = countingDispatcher()

      /** Requests that each vendor got so far. */
      const sent = (): Readonly<Record<Vendor | 'mlflow', number>> => ({
        kserve: toKube.sent,
        sagemaker: aws.calls.length,
        vertex: google.calls.length,
        mlflow: toMlflow.sent,
      })

      beforeAll(async () => {
        world = await kserveWorld(address, 'fleet')
        aws = await sagemakerSimulator([
          simulatedEndpoints({ createMs: 800, updateMs: 800, weightsMs: 300, deleteMs: 300, lagMs: 100 }),
        ])
        google = await vertexSimulator({ operationMs: 800, listLagMs: 100 })
        for (const _ of ['1', '2', '3'])
          google.world.models.put(vertexModel, { labels: { approval: 'approved' } })
        const mlflow = mlflowRegistry({ baseUrl: url, dispatcher: toMlflow.dispatcher })
        for (const version of versions) {
          const artifact = { kind: 'files', files: [{ uri: `s3://fleet/${version}.tar.gz` }] } as const
          await mlflow.register({ name: 'fleet', artifact, approval: 'approved' })
        }
        const { accessKeyId, secretAccessKey, sessionToken } = credentials
        const targets = {
          kserve: countedCalls(
            kserveTarget({
              baseUrl: address.url,
              dispatcher: toKube.dispatcher,
              token: () => secretOf(address.userToken),
              namespace: 'fleet',
              mode: 'knative',
              modelFormat: 'sklearn',
            }),
            methods,
          ),
          sagemaker: countedCalls(
            sagemakerTarget({
              region: 'eu-west-1',
              endpoint: aws.url,
              credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
              executionRole: role,
              instanceType: 'ml.m5.xlarge',
              image,
            }),
            methods,
          ),
          vertex: countedCalls(
            vertexTarget({
              project: projectId,
              location,
              endpoint: google.url,
              credentials: { token: secretOf('ya29.good') },
              pollMs: 1000,
            }),
            methods,
          ),
        }
        counted = targets
        plane = createControlPlane({
          registries: { mlflow, vertex: modelsOfVertex() },
          targets,
          connect: Object.fromEntries(
            ['open-inference', 'sagemaker', 'vertex'].map((protocol) => [
              protocol,
              () => memoryProvider({ infer: () => ({ kind: 'tensors', outputs: [] }) }),
            ]),
          ),
          rates,
        })
        await plane.start()
      })
      afterAll(async () => {
        await plane?.stop({ drainMs: 1000 })
        await world?.close()
        await aws?.close()
        await google?.close()
        await toKube.close()
        await toMlflow.close()
      })

      const deploymentsOf = (vendor: Vendor, count: number): readonly string[] =>
        Array.from({ length: count }, (_, place) => `fleet-${vendor}-${place}`)

      async function declare(vendor: Vendor, name: string, version: string): Promise<void> {
        await plane.apply(
          {
            kind: 'ModelDeployment',
            metadata: { name },
            spec: {
              model: vendor === 'vertex' ? `vertex/fleet:${version}` : `mlflow/fleet:${version}`,
              target:
                vendor === 'vertex' ? { name: vendor, settings: { machineType: 'n1-standard-4' } } : vendor,
              strategy: { canary: { steps: [{ weight: 20 }, { pause: '1s' }] } },
            },
          },
          { actor },
        )
      }

      /** How many milliseconds each deployment took, by vendor. */
      async function rollOut(
        version: string,
        which: 0 | 1,
      ): Promise<Readonly<Record<Vendor, readonly number[]>>> {
        const took = byVendor((vendor) =>
          deploymentsOf(vendor, sizes[vendor][which]).map(async (name) => {
            const startedMs = performance.now()
            await declare(vendor, name, version)
            await plane.wait(name, { timeoutMs: 800_000 })
            return performance.now() - startedMs
          }),
        )
        const [kserve, sagemaker, vertex] = await Promise.all(
          names.map((vendor) => Promise.all(took[vendor])),
        )
        return { kserve: kserve ?? [], sagemaker: sagemaker ?? [], vertex: vertex ?? [] }
      }

      async function told(
        title: string,
        work: () => Promise<Readonly<Record<Vendor, readonly number[]>>>,
      ): Promise<Readonly<Record<Vendor, number>>> {
        const before = sent()
        const startedMs = performance.now()
        const took = await work()
        const seconds = (performance.now() - startedMs) / 1000
        const cells = names.map((vendor) => {
          const perMinute = Math.round(((sent()[vendor] - before[vendor]) / seconds) * 60)
          return `${(median(took[vendor]) / 1000).toFixed(1)} s, ${perMinute}/min`.padStart(20)
        })
        const mlflow = `${Math.round(((sent().mlflow - before.mlflow) / seconds) * 60)}/min`
        lines.push(`${title.padEnd(42)}${cells.join('')}${mlflow.padStart(12)}`)
        return byVendor((vendor) => median(took[vendor]))
      }
      const lines: string[] = []

      it('all end well, and a vendor that throttles slows nobody but its own', async () => {
        await told('40 are created', () => rollOut('1', 0))
        const calm = await told('10 are rolled out at once', () => rollOut('2', 1))
        const isTooMuch = throttle(1)
        let turnedAway = 0
        aws.intercept = () => {
          if (!isTooMuch()) return undefined
          turnedAway += 1
          return jsonError(400, 'ThrottlingException', 'Rate exceeded')
        }
        const throttled = await told('10, and SageMaker takes 1 call a second', () => rollOut('3', 1))
        aws.intercept = undefined
        const head = [...names.map((name) => name.padStart(20)), 'mlflow'.padStart(12)].join('')
        console.log([`${'median time, requests'.padEnd(42)}${head}`, ...lines].join('\n'))
        console.log(`SageMaker turned ${turnedAway} requests away`)
        expect(turnedAway).toBeGreaterThan(0)
        // A rollout that waited for SageMaker would take minutes.
        for (const vendor of ['kserve', 'vertex'] as const) {
          expect(throttled[vendor], vendor).toBeLessThan(2 * calm[vendor] + 5000)
        }
        for (const vendor of names) {
          const { perSecond, burst } = rates.targets[vendor]
          const windowMs = 10_000
          // Calls that a person waits for are made at once, and then count.
          const people = sizes[vendor][0]
          expect(mostWithin(counted[vendor].times, windowMs)).toBeLessThanOrEqual(
            (perSecond * windowMs) / 1000 + burst + people,
          )
        }
        expect(aws.problems).toEqual([])
        expect(google.problems).toEqual([])
      }, 1_000_000)
    })
  })
})
