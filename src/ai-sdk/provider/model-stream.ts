import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { systemClock } from '../../clock.ts'
import { ModelspineError, unlessAborted } from '../../errors.ts'
import type { CallContext, ChatEvent } from '../../provider/contract.ts'
import { readRest } from '../read-rest.ts'
import { isVisible, refuseBroken } from '../visible-output.ts'
import type { NativeCall } from '../words/dialect.ts'
import { AiSdkStreamReader } from '../words/stream-reader.ts'
import { tellWarnings } from './told-warnings.ts'

/**
 * The stream of one call of a model. However it ends, the model's own stream is cancelled, its signal has fired unless
 * the stream was whole, and nothing listens any more. `failureOf` tells what an error means; its second argument is
 * whether the stream had begun. An error after the finish is none.
 */
export async function* modelStream(
  model: LanguageModelV4,
  call: NativeCall,
  { abortSignal, translation }: Pick<CallContext, 'abortSignal' | 'translation'>,
  failureOf: (thrown: unknown, hasBegun: boolean) => ModelspineError,
): AsyncGenerator<readonly ChatEvent[]> {
  const controller = new AbortController()
  const onAbort = (): void => controller.abort(abortSignal.reason)
  const aborted = (): ModelspineError => failureOf(abortSignal.reason, false)
  if (abortSignal.aborted) throw aborted()
  abortSignal.addEventListener('abort', onAbort, { once: true })
  let reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined
  let isWhole = false
  let hasBegun = false
  let isFinished = false
  try {
    const opening = Promise.resolve(model.doStream({ ...call, abortSignal: controller.signal }))
    const { stream, request, response } = await unlessAborted(opening, abortSignal, () => {
      opening.then(({ stream: late }) => late.cancel()).catch(() => {})
      return aborted()
    })
    reader = stream.getReader()
    const opened = { ...(request && { request }), ...(response && { response }) }
    const events = new AiSdkStreamReader(opened)
    let hasOutput = false
    for (;;) {
      const step: Awaited<ReturnType<typeof reader.read>> = isFinished
        ? await readRest(reader, systemClock)
        : await unlessAborted(reader.read(), abortSignal, aborted)
      if (step.done) break
      hasBegun = true
      if (step.value.type === 'error') throw step.value.error
      if (step.value.type === 'stream-start') tellWarnings(step.value.warnings, translation)
      if (step.value.type === 'finish' && !hasOutput) refuseBroken(step.value.finishReason)
      hasOutput ||= isVisible(step.value)
      isFinished ||= step.value.type === 'finish'
      yield [events.read(step.value)]
    }
    isWhole = isFinished
    if (!isFinished)
      throw new ModelspineError('interrupted', 'the stream of the model ended without a finish')
  } catch (thrown) {
    // The answer is whole. Only what comes after it is broken.
    if (isFinished) return
    throw failureOf(thrown, hasBegun)
  } finally {
    abortSignal.removeEventListener('abort', onAbort)
    if (!isWhole) {
      controller.abort(new ModelspineError('aborted', 'the stream is read no further'))
      reader?.cancel().catch(() => {})
    }
  }
}
