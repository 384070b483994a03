import { ModelspineError } from '../errors.ts'
import type { ChatRequest, Native } from '../provider/contract.ts'

/**
 * The request with no more output tokens asked for than the cap, all choices (`n`) together. A native form whose
 * dialect is not known here is left out, because its own limit would stand instead.
 */
export function capTokens<Request extends Omit<ChatRequest, 'model'>>(
  request: Request,
  cap: number,
): Request {
  // A fraction would raise what each choice may have above the cap.
  const choices = Math.max(1, Number(request.native?.body.n ?? 1))
  const limit = Math.min(request.maxOutputTokens ?? cap, Math.floor(cap / choices))
  if (!(limit >= 1)) {
    throw new ModelspineError(
      'policy-denied',
      `policy allows ${cap} output tokens, too few for ${choices} choices`,
    )
  }
  const { native, ...rest } = request
  const capped = native?.dialect === 'openai-chat' ? { native: capOpenAi(native, limit) } : undefined
  return { ...rest, maxOutputTokens: limit, ...capped } as Request
}

/** `max_tokens` is the older name; servers read either, so whichever is there is capped. */
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
