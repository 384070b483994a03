import { wrongOption } from '../wrong-option.ts'
import { chatForm, completionForm, type OpenaiForms, responseForm } from './openai-forms.ts'

export type OpenaiApi = 'responses' | 'chat'

/** Throws `invalid-options` for another API, which would leave both. */
export function checkApi(api: unknown): void {
  if (api === undefined || api === 'responses' || api === 'chat') return
  throw wrongOption('api', `is ${JSON.stringify(api)}: write responses or chat, or leave it out for both`)
}

/**
 * The formats of OpenAI's own models, at OpenAI and at Azure. A response to a caller of another format is not stored,
 * because that caller has no way to ask for it again. `signer` is as in `responseForm`.
 */
export function ownForms(
  api: OpenaiApi | undefined,
  encryptedReasoning: boolean,
  signer?: string,
): OpenaiForms {
  const own = { maxTokensField: 'max_completion_tokens' } as const
  const include = encryptedReasoning ? { include: ['reasoning.encrypted_content'] } : {}
  return {
    ...(api === 'responses' ? {} : { chat: chatForm(own), completions: completionForm(own) }),
    ...(api === 'chat'
      ? {}
      : { responses: responseForm({ defaults: { store: false, ...include } }, signer) }),
  }
}
