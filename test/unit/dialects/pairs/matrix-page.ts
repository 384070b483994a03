import { type ChatRequest, ListingCarriage } from 'modelspine/adapter'
import { dialectList, type PairedDialect } from './dialect-list.ts'
import { features } from './features.ts'

export const matrixPagePath = 'docs/dialects.md'

/** What becomes of a request in a dialect. */
interface Fate {
  readonly word: 'carried' | 'approximated' | 'refused'
  /** What each approximation comes to. */
  readonly told: readonly string[]
  /** The request as a server of the dialect reads it. */
  readonly read: ChatRequest
}

export function fateOf(request: ChatRequest, dialect: PairedDialect, how: 'print' | 'write' = 'print'): Fate {
  const carriage = new ListingCarriage(dialect.codec.title)
  const { native: _, ...read } = dialect.parse(dialect[how](request, carriage))
  const { refused, approximated } = carriage
  const word = refused.length > 0 ? 'refused' : approximated.length > 0 ? 'approximated' : 'carried'
  return {
    word,
    told: [...new Set(approximated.map(({ field, what }) => `${memberIn(field)}${what}`))],
    read: read as ChatRequest,
  }
}

/** Of a part, what is left out may be one member only. */
function memberIn(field: string): string {
  const dot = field.lastIndexOf('.')
  return dot === -1 || field.endsWith(']') ? '' : `\`${field.slice(dot + 1)}\` `
}

/** What each dialect can say of the features. */
export function matrixPage(): string {
  return `# Dialects

Each vendor has its own format for chats. Modelspine reads a caller's format, and writes the format of the upstream that
was chosen. Formats differ in what they can say. **What cannot be carried is refused by name, before anything is sent.
Nothing is dropped in silence.** The reasons are in [a decision](decisions/0065-nothing-dropped-between-dialects.md).

This page is written by \`npm run dialects\` from the table that the tests in \`test/unit/dialects/pairs\` check. They also
send random conversations and answers between each two dialects, there and back, and plant mistakes of translation to see
that they are found.

- **carried**: the upstream gets the same meaning.
- **approximated**: the upstream gets what it can understand; the cell says what that is. It is something that only shapes
  the answer: a seed, the range of a temperature, a mark for a cache. \`approximated\` of the router's reply lists the
  places, the header \`x-modelspine-approximated\` names them, and the AI SDK gets them as warnings.
- **refused**: the upstream is not asked. The error is \`unsupported\`, and \`details.field\` is the place.

A request that stays in its caller's dialect keeps its text, also what Modelspine does not know. So a row says nothing
about a request from a client of a vendor to the same vendor: there, all is carried.

A route decides what happens then ([\`spec.translation\`](resources.md#modelroute)):

\`\`\`yaml
kind: ModelRoute
metadata: { name: assistant }
spec:
  operations: [chat]
  backends: [{ provider: openai, model: some-model }]
  fallback: [{ provider: anthropic, model: some-model }]
  translation:
    cannotCarry: ask-others     # default: upstreams that can carry the request are asked. Or: refuse
    approximations: refuse      # default: allow
\`\`\`

What a caller's body says beyond the words of chat, such as \`logit_bias\`, no other dialect has. It is refused by its
name. Labels and wishes, such as \`metadata\` or \`service_tier\`, are left out of another dialect's request as an
approximation. Options for one vendor on a part or tool are left out of another's in the same way.

Thoughts that a vendor has signed or encrypted go back to that vendor only. On the way through a client of another
dialect they are kept: OpenAI's chats have them in \`reasoning_details\` and \`extra_content\`, and formats with a place for
a signature only have the vendor's name before it.
This holds also for a caller who speaks the format of the server that is asked: what another vendor signed in an earlier turn
is taken out of that request, and told as approximated.

What translating costs is measured by \`npm run bench -- dialects\`: the gateway's CPU for a request whose upstream speaks
another format, against one that passes as it came. A chat of 1 KB costs about 1.1 to 1.2 times as much, and a stream of 50 events
1.1 to 1.4 times.

## What each vendor's own server is told

${table(
  ['a chat with', ...dialectList.map(({ name }) => name)],
  features.map(({ name, request }) => [
    name,
    ...dialectList.map((dialect) => cell(fateOf(request, dialect))),
  ]),
)}
${dialectList.map(pairTable).join('')}
## What answers cannot say

An answer cannot be refused. What a dialect's answers have no place for is left out of them. Where\naudio has no place, its transcript is written as text. Where \`finishReason.other\` has none, an end of which nobody knows
the reason is told as the usual one: \`end_turn\`, \`stop\`, \`completed\`.

${table(
  ['dialect', 'is left out of its answers'],
  dialectList.map(({ name, answersLack }) => [
    name,
    [...answersLack].map((each) => `\`${each}\``).join(', ') || 'nothing',
  ]),
)}

A vendor's answers also say what the words of chat do not have: sources and citations (\`groundingMetadata\`, \`citationMetadata\`
and \`urlContextMetadata\` of Gemini, \`annotations\` of OpenAI, \`citations\` of Anthropic and Bedrock), the probabilities of tokens
(\`logprobs\`, \`logprobsResult\`), ratings of safety (\`safetyRatings\`). A caller of the vendor's own format gets them as they came, and
in every other format they are left out.
`
}

/** What callers of one dialect can say, and what becomes of it in the others. */
function pairTable(from: PairedDialect): string {
  const others = dialectList.filter((each) => each !== from)
  if (others.length === 0) return ''
  const rows = features.flatMap(({ name, request }) => {
    const said = fateOf(request, from, 'write')
    return said.word === 'carried' ? [[name, ...others.map((to) => cell(fateOf(said.read, to)))]] : []
  })
  return `
## From ${from.name}

What a caller of this dialect can say, and what the others make of it.

${table(['a chat with', ...others.map(({ name }) => name)], rows)}
`
}

function cell({ word, told }: Fate): string {
  return word === 'approximated' ? `approximated: ${told.join('; ')}` : word
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')).replaceAll(' ', ''), ...rows.map(line)].join('\n')
}
