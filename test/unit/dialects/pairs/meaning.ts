/** What a request means, in a form in which two dialects can be compared. */

import { isDeepStrictEqual } from 'node:util'
import type { ChatMessage, ChatPart, ChatRequest, ChatTool, Loss } from 'modelspine/adapter'

/** Something that is said, and the place where a loss of it would be told. */
interface Item {
  readonly place: string
  readonly says: Readonly<Record<string, unknown>>
}

interface Meaning {
  readonly settings: Readonly<Record<string, unknown>>
  readonly system: readonly Item[]
  readonly turns: readonly Item[]
  readonly tools: readonly Item[]
}

const settingNames = [
  'maxOutputTokens',
  'choices',
  'temperature',
  'topP',
  'topK',
  'frequencyPenalty',
  'presencePenalty',
  'stop',
  'seed',
  'toolChoice',
  'parallelToolCalls',
  'reasoningEffort',
  'reasoningTokens',
  'responseFormat',
  'endUser',
] as const

function meaningOf(request: ChatRequest, { refused, approximated }: Told = nothingTold): Meaning {
  const settings: Record<string, unknown> = {}
  for (const name of settingNames) if (request[name] !== undefined) settings[name] = request[name]
  // One answer, and several calls at once, are what all vendors give when nobody asks.
  if (settings.choices === 1) delete settings.choices
  if (Array.isArray(settings.stop) && settings.stop.length === 0) delete settings.stop
  if (settings.parallelToolCalls === true) delete settings.parallelToolCalls
  // So is a model that chooses among its tools.
  if (settings.toolChoice === 'auto') delete settings.toolChoice
  // No effort is no tokens.
  if (settings.reasoningEffort === 'none') {
    delete settings.reasoningEffort
    settings.reasoningTokens ??= 0
  }
  for (const [name, value] of Object.entries(request.responseSchema ?? {})) {
    if (value !== undefined) settings[`responseSchema.${name}`] = value
  }
  for (const { field } of request.unread ?? []) settings[field] = 'unread'
  const calls = callNumbers(request.messages, new Set(refused.map(({ field }) => field)))
  const items = request.messages.flatMap((message, index) => itemsOf(message, `messages[${index}]`, calls))
  const isSystem = ({ says }: Item): boolean => says.role === 'system'
  return {
    settings,
    system: items.filter(isSystem),
    turns: inOrder(
      items.filter((item) => !isSystem(item)),
      [...refused, ...approximated],
    ),
    tools: (request.tools ?? []).map((tool, index) => ({
      place: `tools[${index}]`,
      says: said(toolMeaning(tool)),
    })),
  }
}

function toolMeaning(tool: ChatTool): Readonly<Record<string, unknown>> {
  if (tool.type === 'opaque') return { ...tool, kind: undefined, required: undefined }
  // That a tool need not be strict is what it means to say nothing.
  return tool.type === 'function' && tool.strict === false ? { ...tool, strict: undefined } : { ...tool }
}

type Calls = ReadonlyMap<string, number>

/** The number of each call by its id. Formats without ids have made ones. A call that was refused has none. */
function callNumbers(messages: readonly ChatMessage[], refused: ReadonlySet<string>): Calls {
  const numbers = new Map<string, number>()
  for (const [index, { content }] of messages.entries()) {
    for (const [place, part] of content.entries()) {
      if (part.type !== 'tool-call' || refused.has(`messages[${index}].content[${place}]`)) continue
      numbers.set(part.id, numbers.size)
    }
  }
  return numbers
}

function itemsOf(message: ChatMessage, place: string, calls: Calls): readonly Item[] {
  const role = message.role === 'developer' ? 'system' : message.role
  const about =
    role === 'tool'
      ? { role, answers: calls.get(message.toolCallId ?? ''), toolFailed: message.toolFailed }
      : { role, name: message.name }
  const parts = message.content.flatMap((part, index) => {
    const says = saidBy(part, calls)
    return says === undefined
      ? []
      : [{ place: `${place}.content[${index}]`, says: said({ ...about, ...says }) }]
  })
  // A tool that says nothing has answered all the same.
  return parts.length === 0 && role === 'tool'
    ? [{ place, says: said({ ...about, type: 'nothing' }) }]
    : parts
}

/** Undefined for what says nothing. */
function saidBy(part: ChatPart, calls: Calls): Readonly<Record<string, unknown>> | undefined {
  const { options: _, ...given } = part
  const says = {
    ...given,
    ...('signedBy' in given && { signedBy: signerOf(given.signedBy) }),
  } as typeof given
  // The data say what it is. Whether it may be left out is the caller's wish, which formats do not say.
  if (part.type === 'opaque') return { ...says, kind: undefined, required: undefined }
  if (part.type === 'tool-call') {
    const args = part.custom === true ? part.arguments : parsed(part.arguments)
    return { ...says, id: calls.get(part.id), arguments: args }
  }
  const isSigned = 'signature' in part || 'encrypted' in part
  if (part.type === 'text' && part.text === '' && !isSigned && part.cacheMark === undefined) return undefined
  // What is at an address says its type itself, and not all formats have a place for it.
  if ('mediaType' in says) return { ...says, mediaType: undefined }
  return says
}

/** Bedrock runs Anthropic's models. What was signed at one of both is valid at the other, too. */
function signerOf(vendor: string | undefined): string | undefined {
  return vendor === 'bedrock' ? 'anthropic' : vendor
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function said(says: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(says).filter(([name, value]) => value !== undefined && name !== 'options'),
  )
}

const ranks: Readonly<Record<string, number>> = { reasoning: 0, 'tool-call': 2 }

/**
 * In each answer of the model: thoughts, then texts, then calls. What is told as lost stands at the end, because the turns
 * before and behind it may have become one.
 */
function inOrder(items: readonly Item[], losses: readonly Loss[]): readonly Item[] {
  const turns: Item[][] = []
  // The answer of a tool stands where it stood, even if it says nothing now, unless all of the message is told.
  const isLost = ({ place, says }: Item): boolean =>
    losses.some(
      ({ field }) =>
        ((says.role !== 'tool' || says.type === 'nothing') && field === place) ||
        place.startsWith(`${field}.content[`),
    )
  for (const item of items.filter((each) => !isLost(each))) {
    const last = turns.at(-1)
    if (last?.[0]?.says.role === item.says.role) last?.push(item)
    else turns.push([item])
  }
  const kept = turns.flatMap((turn) => turn.toSorted((one, other) => rankOf(one) - rankOf(other)))
  return [...kept, ...items.filter(isLost)]
}

function rankOf({ says }: Item): number {
  return says.role === 'assistant' ? (ranks[String(says.type)] ?? 1) : 1
}

export interface Told {
  readonly refused: readonly Loss[]
  readonly approximated: readonly Loss[]
}

const nothingTold: Told = { refused: [], approximated: [] }

/** What was lost on the way, or came from nowhere, and that no loss tells. */
export function untold(before: ChatRequest, after: ChatRequest, told: Told): readonly string[] {
  const [from, to] = [meaningOf(before, told), meaningOf(after)]
  const losses = [...told.refused, ...told.approximated]
  return [
    ...untoldSettings(from.settings, to.settings, losses),
    ...untoldItems('messages', [...from.system, ...from.turns], [...to.system, ...to.turns], told),
    ...untoldItems('tools', from.tools, to.tools, told),
  ]
}

/** Settings that say one thing in several ways. A loss of one may change the others. */
const sameThing: readonly (readonly string[])[] = [
  ['reasoningEffort', 'reasoningTokens'],
  ['responseFormat', 'responseSchema'],
]

function memberOf(name: string): string {
  return name.startsWith('responseSchema.') ? 'responseSchema' : name
}

function untoldSettings(
  from: Meaning['settings'],
  to: Meaning['settings'],
  losses: readonly Loss[],
): readonly string[] {
  const isTold = (name: string): boolean => {
    const together = sameThing.find((names) => names.includes(memberOf(name))) ?? [name]
    return losses.some(({ field }) => field === name || together.includes(field))
  }
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .filter((name) => !isTold(name) && !isDeepStrictEqual(from[name], to[name]))
    .map((name) => `${name}: ${JSON.stringify(from[name])} became ${JSON.stringify(to[name])}`)
}

function untoldItems(
  where: string,
  from: readonly Item[],
  to: readonly Item[],
  { refused, approximated }: Told,
): readonly string[] {
  const losses = [...refused, ...approximated]
  const isRefused = (place: string): boolean => refused.some(({ field }) => field === place)
  const problems: string[] = []
  const rest = [...to]
  /** What may have another form now, because a loss says so. */
  let changed = 0
  const extra: Item[] = []
  for (const item of from) {
    const own = losses.filter(
      ({ field }) => item.place === field || item.place.startsWith(`${field}.content`),
    )
    if (own.some(({ field, what }) => field === item.place || what === 'left out' || isRefused(field))) {
      changed += 1
      continue
    }
    const about = losses.filter(
      ({ field }) => field.startsWith(`${item.place}.`) || isOfMessage(field, item.place),
    )
    const lost = new Set(about.flatMap(({ field }) => namesIn(field)))
    // The whole message may stand elsewhere, or under another role.
    if (own.length > 0) lost.add('role')
    const found = rest.findIndex((other) => isSame(item.says, other.says, lost))
    if (found === -1) problems.push(`${where} lost ${item.place}: ${JSON.stringify(item.says)}`)
    else if (own.length > 0) rest.splice(found, 1)
    else extra.push(...rest.splice(0, found + 1).slice(0, -1))
  }
  extra.push(...rest)
  if (extra.length > changed)
    problems.push(`${where} gained ${JSON.stringify(extra.map(({ says }) => says))}`)
  return problems
}

/** Whether the loss is of a member of the message in which the part at this place is: `messages[1].name`. */
function isOfMessage(field: string, place: string): boolean {
  const [, message = '', member = ''] = /^(messages\[\d+\])\.(name|toolFailed)$/.exec(field) ?? []
  return member !== '' && place.startsWith(`${message}.`)
}

/** The members that a loss at this place takes away. */
function namesIn(field: string): readonly string[] {
  const name = field.slice(field.lastIndexOf('.') + 1)
  return name === 'signature' ? ['signature', 'signedBy'] : [name]
}

function isSame(
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
  lost: ReadonlySet<string>,
): boolean {
  const kept = (says: Readonly<Record<string, unknown>>): unknown =>
    Object.fromEntries(Object.entries(says).filter(([name]) => !lost.has(name)))
  return isDeepStrictEqual(kept(from), kept(to))
}
