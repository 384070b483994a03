import { limitPerChoice } from '../../dialects/limit-per-choice.ts'
import type { Chat, ModelProvider } from '../../provider/contract.ts'

/**
 * The same request, but all its choices together ask for at most `cap` output tokens. Only the provider knows
 * which fields of the native form and of the options are limits. When it cannot lower them, they are left out.
 * Without a provider, only the limit is lowered, so that layers see it.
 */
export function capTokens<Request extends Chat>(
  request: Request,
  cap: number,
  provider?: Pick<ModelProvider, 'capTokens'>,
): Request {
  if (provider?.capTokens !== undefined) return provider.capTokens(request, cap)
  const maxOutputTokens = limitPerChoice(cap, request.choices ?? 1, request.maxOutputTokens)
  if (provider === undefined) return { ...request, maxOutputTokens }
  const { native: _, options: __, ...rest } = request
  return { ...rest, maxOutputTokens } as Request
}
