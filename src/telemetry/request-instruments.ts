import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api'
import type { RequestStart, UpstreamIdentity } from './contract.ts'
import { conventionalOperation, durationBuckets, type GenAiNames, tokenBuckets } from './genai-names.ts'
import { attributeNames, metricNames } from './modelspine-names.ts'

export interface RequestInstruments {
  readonly duration: Histogram
  readonly tokens: Histogram
  readonly firstChunk: Histogram | undefined
  readonly attempt: Histogram
  readonly cost: Counter
  readonly unknownCosts: Counter
}

export function requestInstruments(meter: Meter, names: GenAiNames): RequestInstruments {
  const seconds = { unit: 's', advice: { explicitBucketBoundaries: durationBuckets } }
  return {
    duration: meter.createHistogram(names.operationDuration, {
      ...seconds,
      description: 'GenAI operation duration.',
    }),
    tokens: meter.createHistogram(names.tokenUsage, {
      unit: '{token}',
      description: 'Number of input and output tokens used.',
      advice: { explicitBucketBoundaries: tokenBuckets },
    }),
    firstChunk:
      names.timeToFirstChunk === undefined
        ? undefined
        : meter.createHistogram(names.timeToFirstChunk, {
            ...seconds,
            description: 'Time from the request to the first content of a stream.',
          }),
    attempt: meter.createHistogram(metricNames.attemptDuration, {
      ...seconds,
      description: 'The time that one call to one upstream takes, also when the request fails.',
    }),
    cost: meter.createCounter(metricNames.cost, {
      unit: '{USD}',
      description: 'What calls to upstreams cost, as far as their prices are known.',
    }),
    unknownCosts: meter.createCounter(metricNames.unknownCosts, {
      unit: '{call}',
      description: 'Calls to upstreams of which something has no price.',
    }),
  }
}

/** The route, without the default namespace. */
export function modelOf({ route }: Pick<RequestStart, 'route'>): string {
  return route.startsWith('default/') ? route.slice('default/'.length) : route
}

export function startAttributes(names: GenAiNames, request: RequestStart): Attributes {
  return {
    [names.operation]: conventionalOperation(request.operation),
    [names.requestModel]: modelOf(request),
    [attributeNames.route]: request.route,
  }
}

export function addUpstream(
  attributes: Attributes,
  names: GenAiNames,
  { provider, deployment, revision }: UpstreamIdentity,
): void {
  attributes[names.provider] = provider
  if (deployment !== undefined) attributes[attributeNames.deployment] = deployment
  if (revision !== undefined) attributes[attributeNames.revision] = revision
}
