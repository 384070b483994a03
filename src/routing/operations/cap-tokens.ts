import { ModelspineError } from '../../errors.ts'
import type { ChatRequest, Native } from '../../provider/contract.ts'

/**
 * The same request, but all its choices (`n`) together ask for at most `cap` output tokens. A native form in
 * an unknown dialect is left out, because the limit inside that form would apply instead of the cap.
 */
export function capTokens<Request extends Omit<ChatRequest, 'model'>>(
  request: Request,
  cap: number,
): Request {
  // With an `n` below 1, the limit of each choice would be higher than the cap.
  const choices = Math.max(1, Number(request.native?.body.n ?? 1))
  const limit = Math.min(request.maxOutputTokens ?? cap, Math.floor(cap / choices))
  if (!(limit >= 1)) {
    throw new ModelspineError(
      'policy-denied',
      `the policy allows ${cap} output tokens, which is too few for ${choices} choices`,
    )
  }
  const { native, ...rest } = request
  const capped = native?.dialect === 'openai-chat' ? { native: capOpenAi(native, limit) } : undefined
  return { ...rest, maxOutputTokens: limit, ...capped } as Request
}

/** `max_tokens` is the older name. Servers read either name, so every one that is present is capped. */
function capOpenAi({ dialect, body }: Native, limit: number): Native {
  const capped: Record<string, unknown> = { ...body }
  for (const field of ['max_tokens', 'max_completion_tokens']) {
    const asked = body[field]
    if (asked !== undefined && asked !== null)
      capped[field] = typeof asked === 'number' ? Math.min(asked, limit) : limit
  }
  if (capped.max_completion_tokens == null && capped.max_tokens == null) capped.max_completion_tokens = limit
  return { dialect, body: capped }
}
