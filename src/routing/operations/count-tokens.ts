import type { Chat, TokenCount } from '../../provider/contract.ts'
import type { Operation } from './operation.ts'

/** Counts the tokens of a chat's prompt, at providers whose vendor can. A route lists it beside `chat`. */
export const countTokensOperation: Operation<Chat, TokenCount> = {
  name: 'chat.count-tokens',
  send: (provider, request, model, context) => provider.countTokens?.({ ...request, model }, context),
  // A count has no output tokens, so every cap holds.
  capTokens: (request) => request,
}
