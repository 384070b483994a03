import type { ObservedOperation } from 'modelspine/adapter'
import { z } from 'zod'
import { type GoogleOperation, operationReply } from '../../shared/google/google-operations.ts'
import { googlePages } from '../../shared/google/google-pages.ts'
import type { VertexClient } from '../vertex-client.ts'
import { listOperationsRequest, readOperationRequest } from './endpoint-requests.ts'
import { unlessAbsent } from './target-errors.ts'

/** What an operation of ours does. A handle of the contract is its text. */
export interface Work {
  /** The operation's whole name at Vertex. */
  readonly name: string
  /** The endpoint's id. */
  readonly endpoint: string
  /** The plane's id of the effect. */
  readonly operationId: string
  readonly does: 'create' | 'deploy' | 'undeploy' | 'scale' | 'delete'
  /** Undefined where it is about the endpoint. */
  readonly revision?: string | undefined
}

export interface KnownWork extends Work {
  readonly state: GoogleOperation['state']
  /** Of a failed one. */
  readonly reason?: string
}

const work: z.ZodType<Work> = z.object({
  name: z.string(),
  endpoint: z.string(),
  operationId: z.string(),
  does: z.enum(['create', 'deploy', 'undeploy', 'scale', 'delete']),
  revision: z.string().optional(),
})

export function handleOf(work: Work): string {
  return JSON.stringify(work)
}

/** Undefined for a handle that this target did not give. */
function workIn(handle: string): Work | undefined {
  try {
    return work.safeParse(JSON.parse(handle)).data
  } catch {
    return undefined
  }
}

/** The loop has one operation of a deployment at a time. It has dealt with what older ones came to. */
const newest = 5

/** Of operations that have ended, because they stay as they are. */
const mostKept = 10_000

export interface Operations {
  /** What is known of the newest of our operations at an endpoint. Those that Vertex has forgotten are left out. */
  known(
    endpoint: string,
    handles: readonly string[] | undefined,
    abortSignal: AbortSignal | undefined,
  ): Promise<readonly KnownWork[]>
  /** Whether anything runs at the endpoint, whoever began it. */
  isBusy(endpoint: string, abortSignal: AbortSignal | undefined): Promise<boolean>
}

export function createOperations(client: VertexClient): Operations {
  const ended = new Map<string, GoogleOperation | 'forgotten'>()

  async function read(
    name: string,
    abortSignal: AbortSignal | undefined,
  ): Promise<GoogleOperation | 'forgotten'> {
    const kept = ended.get(name)
    if (kept !== undefined) return kept
    const asked = client.read(operationReply, { ...readOperationRequest(name), abortSignal })
    const found = (await unlessAbsent(asked)) ?? 'forgotten'
    if (found === 'forgotten' || found.state !== 'running') ended.set(name, found)
    for (const oldest of ended.keys()) {
      if (ended.size <= mostKept) break
      ended.delete(oldest)
    }
    return found
  }

  return {
    async known(endpoint, handles = [], abortSignal) {
      const given = handles.flatMap((handle) => workIn(handle) ?? [])
      const works = given.filter((each) => each.endpoint === endpoint).slice(-newest)
      const found = await Promise.all(works.map(({ name }) => read(name, abortSignal)))
      return works.flatMap((work, place) => {
        const operation = found[place]
        return operation === undefined || operation === 'forgotten' ? [] : [knownWork(work, operation)]
      })
    },
    async isBusy(endpoint, abortSignal) {
      const pages = googlePages(
        async (token) => {
          const asked = client.read(operationPage, { ...listOperationsRequest(endpoint, token), abortSignal })
          const page = await unlessAbsent(asked)
          return { items: page?.operations ?? [], nextPageToken: page?.nextPageToken }
        },
        `the list of operations of ${endpoint}`,
        'target-unavailable',
      )
      for await (const { state } of pages) if (state === 'running') return true
      return false
    },
  }
}

const operationPage = z.object({
  operations: z.array(operationReply).nullish(),
  nextPageToken: z.string().nullish(),
})

function knownWork(work: Work, operation: GoogleOperation): KnownWork {
  const { state } = operation
  if (state !== 'failed') return { ...work, state }
  const { status, message } = operation.failure
  return { ...work, state, reason: message === '' ? status : `${status}: ${message}` }
}

export function observedOperation({ operationId, state, reason }: KnownWork): ObservedOperation {
  return { operationId, state, ...(reason !== undefined && { reason }) }
}
