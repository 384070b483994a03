import type { EmbedReply, EmbedRequest } from '../../provider/contract.ts'
import type { Operation } from './operation.ts'

/** An embedding request without the model. */
export type Embed = Omit<EmbedRequest, 'model'>

export const embedOperation: Operation<Embed, EmbedReply> = {
  name: 'embed',
  send: (provider, request, model, context) => provider.embed?.({ ...request, model }, context),
  note(reply, notes) {
    notes.usage = reply.usage
    notes.replyModel = reply.model
  },
  // An embedding has no output tokens, so every cap holds.
  capTokens: (request) => request,
}
