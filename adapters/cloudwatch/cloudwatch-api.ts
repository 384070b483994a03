import { type ZodType, z } from 'zod'
import type { PeriodNumbers } from '../shared/periods/period-numbers.ts'
import type { VendorClient } from '../shared/vendor-client.ts'
import { failure } from './cloudwatch-errors.ts'
import { type CloudwatchOperation, cloudwatchRequest } from './cloudwatch-requests.ts'

const message = z.object({ Code: z.string().nullish(), Value: z.string().nullish() })
const messages = z.array(message).nullish()
const token = z.string().nullish()

const metricData = z.object({
  MetricDataResults: z
    .array(
      z.object({
        Id: z.string(),
        Timestamps: z.array(z.number()).nullish(),
        Values: z.array(z.number()).nullish(),
        StatusCode: z.string().nullish(),
        Messages: messages,
      }),
    )
    .nullish(),
  NextToken: token,
  Messages: messages,
})

/** What is read of an alarm of any sort. */
export interface Alarm {
  readonly AlarmName?: string | null | undefined
  readonly StateValue?: string | null | undefined
  readonly StateReason?: string | null | undefined
  readonly StateTransitionedTimestamp?: number | null | undefined
  readonly StateUpdatedTimestamp?: number | null | undefined
  readonly EvaluationState?: string | null | undefined
}

const alarm: ZodType<Alarm> = z.object({
  AlarmName: z.string().nullish(),
  StateValue: z.string().nullish(),
  StateReason: z.string().nullish(),
  StateTransitionedTimestamp: z.number().nullish(),
  StateUpdatedTimestamp: z.number().nullish(),
  EvaluationState: z.string().nullish(),
})
const alarms = z.array(alarm).nullish()
const alarmPage = z.object({
  MetricAlarms: alarms,
  CompositeAlarms: alarms,
  LogAlarms: alarms,
  NextToken: token,
})

type Result = NonNullable<z.infer<typeof metricData>['MetricDataResults']>[number]
type Message = z.infer<typeof message>

type InputOfPage = (nextToken: string | undefined) => object

/**
 * All pages of GetMetricData. Throws `metric-error` for an answer that is not whole: what is missing may be what would
 * have failed the gate.
 */
export async function readMetricData(
  client: VendorClient,
  inputOf: InputOfPage,
  wanted: readonly string[],
  abortSignal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, PeriodNumbers>> {
  const numbers = new Map<string, Map<number, number>>()
  const unfinished = new Map<string, Result>()
  const read = pages(client, 'GetMetricData', metricData, inputOf, abortSignal)
  for await (const { Messages, MetricDataResults } of read) {
    const [remark] = Messages ?? []
    if (remark !== undefined) throw failure(`answered only a part: ${wordsOf(remark)}`)
    for (const result of MetricDataResults ?? []) {
      checkStatus(result)
      if (result.StatusCode === 'PartialData') unfinished.set(result.Id, result)
      else unfinished.delete(result.Id)
      numbers.set(result.Id, addPoints(numbers.get(result.Id) ?? new Map(), result))
    }
  }
  const [partial] = unfinished.values()
  if (partial !== undefined) throw failure(`has only a part of the data of ${told(partial)}`)
  const missing = wanted.find((id) => !numbers.has(id))
  if (missing !== undefined) throw failure(`answered nothing about ${missing}`)
  return numbers
}

/** All pages of DescribeAlarms. */
export async function readAlarms(
  client: VendorClient,
  inputOf: InputOfPage,
  abortSignal: AbortSignal | undefined,
): Promise<readonly Alarm[]> {
  const found: Alarm[] = []
  for await (const page of pages(client, 'DescribeAlarms', alarmPage, inputOf, abortSignal)) {
    for (const list of [page.MetricAlarms, page.CompositeAlarms, page.LogAlarms]) found.push(...(list ?? []))
  }
  return found
}

/** More pages than the longest interval of a gate has. */
const mostPages = 100

async function* pages<Page extends { readonly NextToken?: string | null | undefined }>(
  client: VendorClient,
  operation: CloudwatchOperation,
  schema: ZodType<Page>,
  inputOf: InputOfPage,
  abortSignal: AbortSignal | undefined,
): AsyncIterable<Page> {
  let next: string | undefined
  for (let count = 0; count < mostPages; count += 1) {
    const page = await client.read(schema, cloudwatchRequest(operation, inputOf(next), abortSignal))
    yield page
    next = page.NextToken || undefined
    if (next === undefined) return
  }
  throw failure(`has more than ${mostPages} pages of an answer to ${operation}`)
}

/** Tells a metric that may not be read from one that cannot be read now. */
function checkStatus(result: Result): void {
  const { StatusCode: status } = result
  if (status === 'Forbidden') throw failure(`does not let us read ${told(result)}`, false)
  if (status && status !== 'Complete' && status !== 'PartialData') {
    throw failure(`answered ${status} for ${told(result)}`)
  }
  const remark = result.Messages?.find(({ Code }) => !harmless.has(Code ?? ''))
  if (status !== 'PartialData' && remark !== undefined) {
    throw failure(`answered with a remark about ${told(result)}`)
  }
}

/** Expressions have no number where they divide by zero. That is no data. */
const harmless: ReadonlySet<string> = new Set(['ArithmeticError'])

function addPoints(points: Map<number, number>, { Id, Timestamps, Values }: Result): Map<number, number> {
  const [times, values] = [Timestamps ?? [], Values ?? []]
  if (times.length !== values.length) {
    throw failure(`answered ${times.length} times and ${values.length} values for ${Id}`)
  }
  for (const [place, seconds] of times.entries()) points.set(seconds * 1000, values[place] as number)
  return points
}

function told({ Id, Messages }: Result): string {
  const [remark] = Messages ?? []
  return remark === undefined ? Id : `${Id}: ${wordsOf(remark)}`
}

function wordsOf({ Code, Value }: Message): string {
  return [Code, Value].filter(Boolean).join(': ').slice(0, 500)
}
