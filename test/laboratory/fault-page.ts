import { type Form, forms, wordsFor } from './asking.ts'
import { faultChapters } from './fault-chapters.ts'
import { expectedRows, type FaultRow, faultsOf } from './fault-rows.ts'
import { limits } from './fault-world.ts'
import { faults } from './faults.ts'

export const faultPagePath = 'docs/faults.md'

/** The page, made of the outcomes that the tests expect. */
export function faultPage(): string {
  const { attempt, firstOutput, idle } = limits
  return `# What a fault does

An upstream that misbehaves in each of these ways stood behind the gateway. The tables say what its caller got. This page
is written by \`npm run faults\` from the table that the tests of \`test/laboratory\` check, each line with real connections.
Behind every provider the upstream speaks its vendor's own words. The outcome is the same over all of them, but for the
lines that stand below a table.

- **The route** has one backend, which misbehaves. With a fallback it has a second provider, which is well.
- **The limits** are \`attempt: ${attempt}\`, \`firstOutput: ${firstOutput}\`, \`idle: ${idle}\`. The time tells which of them
  cut the call: see [Time](routing.md#time). A clock that the test moves measures it, so "at once" means that nothing
  waited.
- **whole**: the caller has all of the answer. **cut**: it has a part, and an error as the last event without \`[DONE]\`.
  **as it came**: the answer was well-formed for HTTP and its format, so the gateway passed it on.
- **retry** and **no retry** are what the header \`x-should-retry\` says.
- **The upstream** is the one that misbehaves. "Closed by the gateway" means that the gateway ended the call, and the
  upstream saw it.
- **What was billed** follows from what the caller got, in each line and whatever its fault: [the cost](cost.md) of a whole
  answer, with the tokens that the vendor read from its cache once; of one that was cut, an estimate of what came; of a call
  that failed before any output, nothing. With a fallback, only the calls that gave something are billed.

Embeddings and infer have no streams. A fault whose outcome changes was met three times, 30 seconds apart.

## The faults

| fault | the upstream |
|---|---|
${faultsOf('chat-stream')
  .map((name) => `| \`${name}\` | ${faults[name].does} |`)
  .join('\n')}
${forms.map((form) => `\n## ${wordsFor[form]}\n\n${providersOf(form)}\n\n${tableOf(form)}\n${exceptionsOf(form)}`).join('')}`
}

const heads = '| fault | caller | caller, with a fallback | took | upstream |'
const rule = '|---|---|---|---|---|'

function tableOf(form: Form): string {
  return [heads, rule, ...expectedRows(form).map(cells)].join('\n')
}

function cells({ fault, alone, withFallback, took, upstream }: FaultRow): string {
  return `| \`${fault}\` | ${alone} | ${withFallback} | ${took} | ${upstream} |`
}

function providersOf(form: Form): string {
  const names = faultChapters.filter((each) => each.form === form).map(({ provider }) => `\`${provider}\``)
  return `Over ${names.join(', ')}:`
}

/** What differs over some providers, said once for those that differ in the same way. */
function exceptionsOf(form: Form): string {
  const providers = new Map<string, string[]>()
  for (const { provider, except = {} } of faultChapters.filter((each) => each.form === form)) {
    for (const [fault, { why, ...changed }] of Object.entries(except)) {
      const line = `${cells({ ...expectedRow(form, fault), ...changed })} ${why} |`
      providers.set(line, [...(providers.get(line) ?? []), `\`${provider}\``])
    }
  }
  if (providers.size === 0) return ''
  const rows = [...providers].map(([line, names]) => `| ${names.join(', ')} ${line}`)
  return `\nWhat is different over some of them:\n\n| over ${heads} why |\n|---${rule}---|\n${rows.join('\n')}\n`
}

function expectedRow(form: Form, fault: string): FaultRow {
  const row = expectedRows(form).find((each) => each.fault === fault)
  if (row === undefined) throw new Error(`${form} has no fault ${fault}`)
  return row
}
