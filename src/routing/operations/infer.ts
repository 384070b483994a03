import type { InferPayload, InferReply } from '../../provider/contract.ts'
import type { Operation } from './operation.ts'

export const inferOperation: Operation<InferPayload, InferReply> = {
  name: 'infer',
  send: (provider, request, model, context) => provider.infer?.({ ...request, model }, context),
  note(reply, notes) {
    if (reply.kind === 'tensors') notes.replyModel = reply.model
  },
  prediction: (reply) => reply,
}
