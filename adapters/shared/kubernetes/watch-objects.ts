import { type Clock, isModelspineError, ModelspineError, sleep } from 'modelspine/adapter'
import { z } from 'zod'
import type { VendorRequest } from '../vendor-client.ts'
import type { KubernetesClient } from './kubernetes-client.ts'
import { isExpired } from './kubernetes-errors.ts'

const texts = z.record(z.string(), z.string()).nullish()
const objectMeta = z.object({
  name: z.string(),
  resourceVersion: z.string().nullish(),
  labels: texts,
  annotations: texts,
})

/** What is read of every object. */
export interface ObjectMeta {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>> | null | undefined
  readonly annotations?: Readonly<Record<string, string>> | null | undefined
}

const listReply = z.object({
  metadata: z.object({ resourceVersion: z.string().nullish(), continue: z.string().nullish() }).nullish(),
  items: z.array(z.object({ metadata: objectMeta })).nullish(),
})

const watchEvent = z.object({
  type: z.string(),
  object: z.object({
    metadata: objectMeta.extend({ name: z.string().nullish() }).nullish(),
    code: z.number().nullish(),
    message: z.string().nullish(),
  }),
})

export interface ObjectWatch<Name extends string> {
  readonly clock: Clock
  /** A request for one page of the list. */
  list(continued: string | undefined): VendorRequest
  /** A request for the changes since a version. */
  watch(resourceVersion: string): VendorRequest
  /** Names the object for the reader. Undefined for what is not of interest. */
  nameOf(metadata: ObjectMeta): Name | undefined
  /** The longest line, in bytes. */
  readonly maxLineBytes: number
}

/** The wait before the next try, in milliseconds, from the first failure on. It doubles up to the second number. */
const [leastWaitMs, longestWaitMs] = [1000, 60_000]
const heldMs = 30_000

/**
 * Names of objects that changed. Lists first, and tells nothing of what it finds then. It goes on where a broken watch
 * ended. Where that place is too old for the server, or what follows it cannot be read, it lists again and tells what
 * differs. Ends when aborted. Throws the errors that do not pass by themselves, such as `auth` and `invalid-options`.
 */
export async function* watchObjects<Name extends string>(
  client: KubernetesClient,
  options: ObjectWatch<Name>,
  abortSignal: AbortSignal,
): AsyncIterable<Name> {
  const { clock } = options
  /** Versions by object. Undefined before the first list. */
  let known: Map<Name, string> | undefined
  let at: string | undefined
  let failures = 0
  while (!abortSignal.aborted) {
    const begunMs = clock.monotonic()
    try {
      if (at === undefined) {
        const { versions, resourceVersion } = await listVersions(client, options, abortSignal)
        if (known !== undefined) yield* differing(known, versions)
        known = versions
        at = resourceVersion
      }
      for await (const event of eventsSince(client, options, at, abortSignal)) {
        failures = 0
        at = event.resourceVersion ?? at
        if (event.name === undefined) continue
        if (event.isGone) known?.delete(event.name)
        else known?.set(event.name, event.resourceVersion ?? '')
        yield event.name
      }
    } catch (error) {
      if (abortSignal.aborted) return
      if (isExpired(error) || isModelspineError(error, 'malformed-reply')) at = undefined
      else if (isModelspineError(error) && !error.retryable) throw error
      // A watch that held for a while was none of the failures before it.
      failures = clock.monotonic() - begunMs > heldMs ? 1 : failures + 1
    }
    const waitMs = Math.min(longestWaitMs, leastWaitMs * 2 ** Math.max(0, failures - 1))
    await sleep(clock, waitMs * (0.5 + 0.5 * clock.random()), abortSignal).catch(() => {})
  }
}

async function listVersions<Name extends string>(
  client: KubernetesClient,
  { list, nameOf }: ObjectWatch<Name>,
  abortSignal: AbortSignal,
): Promise<{ readonly versions: Map<Name, string>; readonly resourceVersion: string }> {
  const versions = new Map<Name, string>()
  let next: string | undefined
  do {
    const { metadata, items } = await client.read(listReply, { ...list(next), abortSignal })
    for (const item of items ?? []) {
      const name = nameOf(item.metadata)
      if (name !== undefined) versions.set(name, item.metadata.resourceVersion ?? '')
    }
    next = metadata?.continue || undefined
    if (next === undefined) return { versions, resourceVersion: metadata?.resourceVersion ?? '' }
  } while (!abortSignal.aborted)
  throw new ModelspineError('aborted', 'aborted by the caller')
}

function* differing<Name>(
  before: ReadonlyMap<Name, string>,
  after: ReadonlyMap<Name, string>,
): Iterable<Name> {
  for (const [name, version] of after) if (before.get(name) !== version) yield name
  for (const name of before.keys()) if (!after.has(name)) yield name
}

interface Change<Name> {
  /** Undefined: only the place in the watch moved on. */
  readonly name: Name | undefined
  readonly resourceVersion: string | undefined
  readonly isGone: boolean
}

async function* eventsSince<Name extends string>(
  client: KubernetesClient,
  { watch, nameOf, maxLineBytes }: ObjectWatch<Name>,
  resourceVersion: string,
  abortSignal: AbortSignal,
): AsyncIterable<Change<Name>> {
  const { chunks } = await client.stream({ ...watch(resourceVersion), abortSignal })
  for await (const line of linesIn(chunks, maxLineBytes)) {
    const { type, object } = eventIn(line)
    if (type === 'ERROR') {
      throw new ModelspineError(
        'target-unavailable',
        `the watch ended: ${object.message ?? 'no reason given'}`,
        {
          details: { status: object.code ?? 500 },
        },
      )
    }
    const { metadata } = object
    yield {
      name: type === 'BOOKMARK' || !metadata?.name ? undefined : nameOf({ ...metadata, name: metadata.name }),
      resourceVersion: metadata?.resourceVersion ?? undefined,
      isGone: type === 'DELETED',
    }
  }
}

function eventIn(line: string): z.infer<typeof watchEvent> {
  try {
    return watchEvent.parse(JSON.parse(line))
  } catch {
    // The parser's error quotes the line.
    throw unreadable('a line of the watch has an unknown form')
  }
}

/** The server would send the same again. */
function unreadable(message: string): ModelspineError {
  return new ModelspineError('malformed-reply', message)
}

async function* linesIn(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncIterable<string> {
  let open: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    let rest = chunk
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...open, rest.subarray(0, end)]).toString('utf8')
      rest = rest.subarray(end + 1)
      open = []
      size = 0
      if (line !== '') yield line
    }
    open.push(rest)
    size += rest.byteLength
    if (size > maxBytes) {
      throw unreadable(`a line of the watch has more than ${maxBytes} bytes`)
    }
  }
}
