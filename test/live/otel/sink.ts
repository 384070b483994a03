import { createServer, type IncomingMessage } from 'node:http'

/** What the collector sends of one sort, one body a call. */
export interface CollectorSink {
  readonly bodies: Readonly<Record<'traces' | 'metrics' | 'logs', readonly unknown[]>>
  close(): Promise<void>
}

/** Listens where the collector sends everything as OTLP in JSON. */
export async function collectorSink(port: number): Promise<CollectorSink> {
  const bodies = { traces: [] as unknown[], metrics: [] as unknown[], logs: [] as unknown[] }
  const server = createServer(async (request, response) => {
    const sort = request.url?.split('/').at(-1) as keyof typeof bodies
    bodies[sort].push(JSON.parse(await textOf(request)))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    bodies,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

interface OtlpValue {
  readonly stringValue?: string
  readonly intValue?: string
  readonly doubleValue?: number
  readonly boolValue?: boolean
  readonly arrayValue?: { readonly values?: readonly OtlpValue[] }
}

export type OtlpAttributes = readonly { readonly key: string; readonly value: OtlpValue }[]

/** Attributes of OTLP as plain values. */
export function plain(attributes: OtlpAttributes = []): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]))
}

function plainValue({ arrayValue, intValue, ...others }: OtlpValue): unknown {
  if (arrayValue !== undefined) return (arrayValue.values ?? []).map(plainValue)
  return intValue === undefined ? Object.values(others)[0] : Number(intValue)
}

/** All values of one member name, however deep, in the order in which they stand. */
export function allOf<Value>(value: unknown, name: string): readonly Value[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([member, inner]) => [
    ...(member === name ? [inner as Value].flat() : []),
    ...allOf<Value>(inner, name),
  ]) as readonly Value[]
}
