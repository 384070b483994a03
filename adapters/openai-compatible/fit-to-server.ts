import type { Carriage, ChatMessage, ChatPart, ChatRequest, ChatTool } from 'modelspine/adapter'
import type { ServerLack, ServerQuirks } from './server-quirks.ts'

interface Fitting {
  readonly lacks: ReadonlySet<ServerLack>
  readonly carriage: Carriage
}

/**
 * The request as the server takes it. What the server would ignore or refuse is refused here by name, or told as left
 * out. `vendor` is the entry of `options` for members that only this server has.
 */
export function fitToServer(
  request: ChatRequest,
  quirks: ServerQuirks,
  { vendor, carriage }: { readonly vendor: string; readonly carriage: Carriage },
): ChatRequest {
  const fitting: Fitting = { lacks: new Set(quirks.lacks), carriage }
  const fitted = { ...request } as { -readonly [Name in keyof ChatRequest]?: ChatRequest[Name] }
  const words: Record<string, unknown> = {}
  for (const name of refusedFields(request, fitting)) delete fitted[name]
  const { responseSchema: schema, seed } = fitted
  if (schema !== undefined && quirks.schema !== undefined && quirks.schema !== 'json_schema') {
    if (quirks.schema === 'none')
      carriage.refuse('responseSchema', 'a schema of the answer', 'ask for JSON in words')
    else words.guided_json = schema.schema
    delete fitted.responseSchema
  }
  if (seed !== undefined && quirks.seedField !== undefined) {
    words[quirks.seedField] = seed
    delete fitted.seed
  }
  if (Object.keys(words).length > 0) {
    fitted.options = { ...request.options, [vendor]: { ...request.options?.[vendor], ...words } }
  }
  const messages = each(request.messages, (message, index) =>
    fitMessage(message, `messages[${index}]`, fitting),
  )
  if (fitted.tools !== undefined) fitted.tools = fitTools(fitted.tools, fitting)
  return { ...fitted, model: request.model, messages }
}

/** Fields that only shape an answer. */
const shaping = ['seed', 'endUser', 'frequencyPenalty', 'presencePenalty', 'reasoningEffort'] as const

/** The fields that are not sent, after each was refused or told. */
function refusedFields(request: ChatRequest, { lacks, carriage }: Fitting): readonly (keyof ChatRequest)[] {
  const { choices = 1, stop = [], tools = [], toolChoice, parallelToolCalls, responseFormat } = request
  const left: (keyof ChatRequest)[] = []
  for (const name of shaping) {
    if (!lacks.has(name) || request[name] === undefined) continue
    carriage.approximate(name, 'left out')
    left.push(name)
  }
  const refuse = (
    lack: ServerLack,
    field: keyof ChatRequest,
    isSaid: boolean,
    what: string,
    remedy?: string,
  ): void => {
    if (!lacks.has(lack) || request[field] === undefined) return
    if (isSaid) carriage.refuse(field, what, remedy)
    left.push(field)
  }
  refuse('choices', 'choices', choices > 1, `a wish for ${choices} answers`)
  refuse('stop', 'stop', stop.length > 0, 'a list of texts that end the answer')
  refuse(
    'parallelToolCalls',
    'parallelToolCalls',
    parallelToolCalls === false,
    'a wish for one call at a time',
  )
  refuse('tools', 'tools', tools.length > 0, 'a list of tools')
  refuse('toolChoice', 'toolChoice', toolChoice !== 'auto', 'a choice of tools')
  const isNamed = typeof toolChoice === 'object'
  const isForced = toolChoice === 'required' || isNamed
  if (isForced) refuse('forcedTools', 'toolChoice', true, 'a wish that a tool is called')
  const onlyOne = 'offer only that tool, and require a call'
  if (isNamed) refuse('namedTools', 'toolChoice', true, 'a tool by its name', onlyOne)
  refuse('jsonMode', 'responseFormat', responseFormat !== undefined, 'a wish for JSON of any form')
  return left
}

function fitTools(tools: readonly ChatTool[], { lacks, carriage }: Fitting): readonly ChatTool[] {
  return tools.flatMap((tool, index): readonly ChatTool[] => {
    if (tool.type === 'custom' && lacks.has('customTools')) {
      carriage.refuse(`tools[${index}]`, 'a tool that takes free text')
      return []
    }
    if (tool.type !== 'function' || tool.strict === undefined || !lacks.has('strictTools')) return [tool]
    if (tool.strict) carriage.approximate(`tools[${index}].strict`, 'left out')
    const { strict: _, ...loose } = tool
    return [loose]
  })
}

function fitMessage(message: ChatMessage, path: string, fitting: Fitting): ChatMessage {
  const { lacks, carriage } = fitting
  const { name, ...rest } = message
  let fitted: ChatMessage = message
  if (name !== undefined && message.role !== 'tool' && lacks.has('names')) {
    carriage.approximate(`${path}.name`, 'left out')
    fitted = rest
  }
  // Both words mean the same.
  if (message.role === 'developer' && lacks.has('developer')) fitted = { ...fitted, role: 'system' }
  const content = each(message.content, (part, index) => fitPart(part, `${path}.content[${index}]`, fitting))
  return content === message.content ? fitted : { ...fitted, content }
}

const media = { image: 'images', audio: 'audio', file: 'files' } as const

/** Undefined for a part that was refused. */
function fitPart(part: ChatPart, path: string, { lacks, carriage }: Fitting): ChatPart | undefined {
  if (part.type !== 'image' && part.type !== 'audio' && part.type !== 'file') return part
  const lack = media[part.type]
  if (lacks.has(lack)) {
    carriage.refuse(path, `a part of type ${part.type}`)
    return undefined
  }
  if (part.type !== 'image') return part
  if (lacks.has('imageAddresses') && !part.url?.startsWith('data:')) {
    carriage.refuse(path, 'an image by its address', 'give its bytes')
    return undefined
  }
  if (part.detail === undefined || !lacks.has('imageDetail')) return part
  carriage.approximate(`${path}.detail`, 'left out')
  const { detail: _, ...plain } = part
  return plain
}

/** The same list where nothing changed, so that what came in the server's format keeps its text. */
function each<Item>(
  items: readonly Item[],
  fit: (item: Item, index: number) => Item | undefined,
): readonly Item[] {
  const fitted = items.map(fit)
  const isSame = fitted.every((item, index) => item === items[index])
  return isSame ? items : fitted.filter((item) => item !== undefined)
}
