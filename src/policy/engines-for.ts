import type { PolicyEngine, PolicyRequest } from './contract.ts'

/**
 * The engines that are asked about a request: those that declare its action. When a deployment names
 * policies, only the named ones are asked about its promotion. When none of them declares `promote`, all
 * engines that declare it are asked: naming policies that know nothing of promotion is no permission.
 */
export function enginesFor(
  engines: readonly PolicyEngine[],
  request: PolicyRequest,
): readonly PolicyEngine[] {
  const able = engines.filter(({ actions }) => actions.includes(request.action))
  if (request.action !== 'promote') return able
  const { policies } = request.deployment.spec
  const named = able.filter(({ name }) => policies.includes(name))
  return named.length === 0 ? able : named
}
