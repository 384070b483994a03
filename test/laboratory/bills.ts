import type { Pricing } from '../../src/cost/contract.ts'
import { priceTable } from '../../src/cost/price-table.ts'
import type { AttemptRecord, RequestObserver } from '../../src/telemetry/contract.ts'
import type { Form } from './asking.ts'

/** A dollar for a million tokens of each class, so that a cost counts tokens. */
export const labPrices: Pricing = priceTable({
  fallback: {
    priceOf: () => ({
      currency: 'USD',
      source: 'laboratory',
      input: 1,
      cacheRead: 1,
      cacheWrite: 1,
      output: 1,
    }),
  },
})

/** What of a whole answer was billed, in the words of the page. */
const whole: ReadonlySet<string> = new Set(['2 input, 10 cacheRead, 4 output', '2 input'])

/** What was billed of each request that has ended, in words. */
export interface Bills extends RequestObserver {
  readonly of: readonly string[]
  forget(): void
}

export function createBills(): Bills {
  let bills: string[] = []
  return {
    get of() {
      return bills
    },
    forget() {
      bills = []
    },
    started() {
      const attempts: AttemptRecord[] = []
      return {
        attempted: (record) => void attempts.push(record),
        finished({ cost }) {
          const sum = attempts.reduce((all, attempt) => all + (attempt.cost?.picoUsd ?? 0), 0)
          bills.push((cost?.picoUsd ?? 0) === sum ? inWords(attempts) : 'not what its calls cost')
        },
      }
    },
  }
}

function inWords(attempts: readonly AttemptRecord[]): string {
  const billed = attempts
    .map(({ cost, upstream }) => ({ bill: billOf(cost), of: upstream.provider }))
    .filter(({ bill }) => bill !== 'nothing')
  const words = billed.map(({ bill, of }) => (of === 'well' ? `${bill} of the fallback` : bill))
  return words.join(' and ') || 'nothing'
}

function billOf(cost: AttemptRecord['cost']): string {
  if (cost === undefined) return 'nothing'
  if (cost.unknown.length > 0) return 'unknown'
  const counts = Object.entries(cost.parts).map(([name, pico]) => `${Number(pico) / 1e6} ${name}`)
  if (cost.estimated === true)
    return (cost.parts.output ?? 0) > 0 ? 'an estimate' : 'an estimate of no output'
  return whole.has(counts.join(', ')) ? 'whole' : counts.join(', ')
}

/** What has to be billed when the caller got this, in the words of the table of faults. */
export function billFor(form: Form, caller: string): string {
  const bills = caller.split('; then ').map((got) => {
    if (got.includes('cut')) return 'an estimate'
    // It ended well for HTTP and its format, and told no usage.
    if (got.includes('as it came')) return 'unknown'
    if (!got.includes('whole')) return 'nothing'
    // Predictions tell no usage.
    const told = form.startsWith('infer') ? 'unknown' : 'whole'
    return got.includes('from the fallback') ? `${told} of the fallback` : told
  })
  return bills.join('; then ')
}
