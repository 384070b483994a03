import { asModelspineError, ModelspineError } from '../errors.ts'
import { notCarried } from './contract/not-carried.ts'
import type {
  CallContext,
  ChatDelta,
  ChatEvent,
  ChatPart,
  ChatReply,
  ChatRequest,
  EmbedReply,
  EmbedRequest,
  InferReply,
  InferRequest,
  ModelDescription,
  ModelProvider,
} from './contract.ts'
import { refuseForeignParts } from './foreign-parts.ts'

type Answer<T> = T | Promise<T>

/**
 * One script for each operation. The provider does what the scripts say and has no operation without a
 * script.
 */
export interface MemoryProviderOptions {
  /** Default `memory`. */
  readonly name?: string
  readonly infer?: (request: InferRequest, context: CallContext) => Answer<InferReply>
  /** If the script returns a text, the reply has that text and the finish reason `stop`. */
  readonly chat?: (request: ChatRequest, context: CallContext) => Answer<ChatReply | string>
  /**
   * Each text becomes a text delta, and each event a batch. Without this script, the reply of `chat` is streamed
   * word by word.
   */
  readonly chatStream?: (
    request: ChatRequest,
    context: CallContext,
  ) => Iterable<ChatEvent | string> | AsyncIterable<ChatEvent | string>
  readonly embed?: (request: EmbedRequest, context: CallContext) => Answer<EmbedReply>
  readonly describe?: (model: string, context: CallContext) => Answer<ModelDescription>
  /**
   * The value of `capabilities.dialects`. Default: no dialects. What only the caller's form says reaches scripts in `native`
   * if the form is of one of these. From any other form it is refused or left out, as a vendor's provider does.
   */
  readonly dialects?: readonly string[]
}

/**
 * A provider with scripts in memory, for tests and examples. A script fails when it throws a ModelspineError.
 * Any other error that it throws counts as `unavailable`. A call ends when its `abortSignal` fires, even if
 * the script still runs.
 */
export function memoryProvider(options: MemoryProviderOptions): ModelProvider {
  const { name = 'memory', infer, chat, embed, describe, dialects = [] } = options
  const chatStream =
    options.chatStream ??
    (chat === undefined ? undefined : (request, context) => wordByWord(chat(request, context), request))
  const checkUnread = (request: ChatRequest | EmbedRequest, context: CallContext): void => {
    const { native, unread } = request
    if (native !== undefined && dialects.includes(native.dialect)) return
    leaveOut(unread, name, context)
  }
  const operations = [
    ...(infer === undefined ? [] : (['infer'] as const)),
    ...(chat === undefined && chatStream === undefined ? [] : (['chat'] as const)),
    ...(embed === undefined ? [] : (['embed'] as const)),
  ]
  return {
    name,
    capabilities: { operations, streaming: chatStream !== undefined, dialects },
    ...(infer === undefined
      ? {}
      : { infer: (request, context) => answer(() => infer(request, context), context) }),
    ...(chat === undefined
      ? {}
      : {
          chat: (request, context) =>
            answer(async () => {
              refuseForeignParts(request, [name])
              checkUnread(request, context)
              return wholeReply(await chat(request, context), request)
            }, context),
        }),
    ...(chatStream === undefined
      ? {}
      : {
          chatStream: (request, context) =>
            stream(() => {
              refuseForeignParts(request, [name])
              checkUnread(request, context)
              return chatStream(request, context)
            }, context),
        }),
    ...(embed === undefined
      ? {}
      : {
          embed: (request, context) =>
            answer(async () => {
              checkUnread(request, context)
              return await embed(request, context)
            }, context),
        }),
    ...(describe === undefined
      ? {}
      : { describe: (model, context) => answer(() => describe(model, context), context) }),
  }
}

/** Throws `unsupported` for what is no hint, and for hints where the route forbids approximations. */
function leaveOut(unread: ChatRequest['unread'], name: string, { translation }: CallContext): void {
  for (const { field, hint } of unread ?? []) {
    if (hint === true && translation?.approximations !== 'refuse') {
      translation?.approximated(field, 'left out')
      continue
    }
    const why = hint === true ? 'and the route forbids approximations' : 'which changes the answer'
    throw notCarried(
      `${field} is a field of the caller's own format, which provider ${name} does not read, ${why}; leave it out, or name the format in the option dialects`,
      { details: { field } },
    )
  }
}

function wholeReply(said: ChatReply | string, request: ChatRequest): ChatReply {
  if (typeof said !== 'string') return said
  const content = [{ type: 'text' as const, text: said }]
  return { id: 'memory', model: request.model, choices: [{ content, finishReason: 'stop' }], usage: {} }
}

async function* wordByWord(
  said: Answer<ChatReply | string>,
  request: ChatRequest,
): AsyncGenerator<ChatEvent> {
  const reply = wholeReply(await said, request)
  for (const [choice, { content, finishReason }] of reply.choices.entries()) {
    for (const [block, part] of content.entries()) {
      for (const delta of deltasOf(part)) yield { parts: [{ ...delta, choice, block }] }
    }
    yield { parts: [{ type: 'finish', choice, finishReason }] }
  }
  yield { parts: [{ type: 'usage', usage: reply.usage }] }
}

function deltasOf(part: ChatPart): readonly ChatDelta[] {
  switch (part.type) {
    case 'text':
      return (part.text.match(/\S+\s*|\s+/g) ?? []).map((text) => ({ type: 'text-delta', text }))
    case 'reasoning':
      return [{ ...part, type: 'reasoning-delta' }]
    case 'refusal':
      return [{ type: 'refusal-delta', text: part.text }]
    case 'tool-call':
      return [{ ...part, type: 'tool-call-delta' }]
    case 'opaque':
      return [{ type: 'opaque-delta', vendor: part.vendor, kind: part.kind, data: part.data }]
    default:
      return []
  }
}

async function answer<T>(script: () => Answer<T>, context: CallContext): Promise<T> {
  const abort = watch(context.abortSignal)
  try {
    if (context.abortSignal.aborted) await abort.fired
    return await Promise.race([abort.fired, script()])
  } catch (error) {
    throw asModelspineError(error, 'unavailable', 'the script failed')
  } finally {
    abort.forget()
  }
}

async function* stream(
  script: () => Iterable<ChatEvent | string> | AsyncIterable<ChatEvent | string>,
  context: CallContext,
): AsyncGenerator<readonly ChatEvent[]> {
  const abort = watch(context.abortSignal)
  let source: AsyncIterator<ChatEvent | string> | undefined
  let over = false
  try {
    if (context.abortSignal.aborted) await abort.fired
    source = iteratorOf(script())
    for (;;) {
      const result = await Promise.race([abort.fired, source.next()])
      if (result.done === true) break
      yield [typeof result.value === 'string' ? textEvent(result.value) : result.value]
    }
    over = true
  } catch (error) {
    throw asModelspineError(error, 'unavailable', 'the script failed')
  } finally {
    abort.forget()
    // This does not wait for `return`, because a script that hangs must not block the caller that stopped
    // reading.
    if (!over) source?.return?.()?.catch(() => {})
  }
}

function textEvent(text: string): ChatEvent {
  return { parts: [{ type: 'text-delta', text, choice: 0, block: 0 }] }
}

async function* each<T>(source: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  yield* source
}

function iteratorOf<T>(source: Iterable<T> | AsyncIterable<T>): AsyncIterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : each(source)
}

/** `fired` rejects when the AbortSignal fires, unless `forget` was called before. */
function watch(signal: AbortSignal): { readonly fired: Promise<never>; forget(): void } {
  let onAbort = (): void => {}
  const fired = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(new ModelspineError('aborted', 'aborted by the caller', { cause: signal.reason }))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  fired.catch(() => {})
  return { fired, forget: () => signal.removeEventListener('abort', onAbort) }
}
