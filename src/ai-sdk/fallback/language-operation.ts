import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
} from '@ai-sdk/provider'
import { ModelspineError } from '../../errors.ts'
import type { Operation } from '../../routing/operations/operation.ts'
import { refuseBroken } from '../visible-output.ts'
import type { AskedModel, ModelCall } from './model-call.ts'
import { PartSource, type Piece } from './part-source.ts'

/** A language model's call. Nothing is translated: the AI SDK's own options, result and parts go through the router. */
export const languageOperation: Operation<
  ModelCall<LanguageModelV4CallOptions>,
  LanguageModelV4GenerateResult,
  Piece
> = {
  name: 'ai-sdk.language',
  send(provider, call, _model, { abortSignal }) {
    const asked: AskedModel<LanguageModelV4> = call.ask(provider, abortSignal)
    return asked.reply(() => asked.model.doGenerate({ ...call.options, abortSignal }), checkReply)
  },
  stream: {
    send(provider, call, _model, { abortSignal }) {
      const asked: AskedModel<LanguageModelV4> = call.ask(provider, abortSignal)
      return new PartSource(asked, { ...call.options, abortSignal }, call.clock)
    },
    // The source gives nothing before the first output.
    note(_piece, notes) {
      notes.hasOutput = true
    },
    // And it throws when the finish is missing.
    end: 'transport',
  },
  isRepeatable: ({ isFinal }) => !isFinal,
}

function checkReply(reply: LanguageModelV4GenerateResult): void {
  const { content, finishReason } = reply
  if (!Array.isArray(content)) throw new ModelspineError('malformed-reply', 'the reply has no content')
  if (content.length === 0) refuseBroken(finishReason)
}
