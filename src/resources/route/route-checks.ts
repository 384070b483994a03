import { type CheckProblem, fieldsOf, itemsOf, repeated } from '../schema-checks.ts'

/** The rules between the fields of a route's spec. */
export function* routeProblems(spec: unknown): Generator<CheckProblem> {
  const { names, operations, backends, fallback, timeout, timeouts } = fieldsOf(spec)
  yield* repeated(names, ['names'])
  yield* repeated(operations, ['operations'])
  yield* repeated(backends, ['backends'], identity)
  yield* repeated(fallback, ['fallback'], identity)
  if (timeout !== undefined && fieldsOf(timeouts).request !== undefined) {
    yield {
      path: ['timeout'],
      fault: 'is the old name of timeouts.request, which is given, too',
      remedy: 'Keep timeouts.request only.',
    }
  }
  const weights = itemsOf(backends).map((backend) => fieldsOf(backend).weight)
  if (weights.length > 0 && weights.every((weight) => weight === 0)) {
    yield {
      path: ['backends'],
      fault: 'has a total weight of 0',
      remedy: 'Give at least one backend a weight above 0.',
    }
  }
  for (const [index, backend] of itemsOf(fallback).entries()) {
    const { weight } = fieldsOf(backend)
    if (typeof weight !== 'number' || weight === 1) continue
    const remedy = 'Remove it and put the first choice first.'
    yield {
      path: ['fallback', index, 'weight'],
      fault: 'has no effect, because fallback is tried in order',
      remedy,
    }
  }
}

function identity(backend: unknown): string | undefined {
  const { deployment, provider, model } = fieldsOf(backend)
  if (typeof deployment === 'string') return deployment
  return typeof provider === 'string' && typeof model === 'string' ? `${provider} ${model}` : undefined
}
