import type { Attributes } from '@opentelemetry/api'
import type { AttemptRecord, RequestRecord } from './contract.ts'
import { conventionalOperation, type GenAiNames } from './genai-names.ts'
import { attributeNames } from './modelspine-names.ts'
import { addUpstream, type RequestInstruments } from './request-instruments.ts'

/** Counts what a call cost, also one of a request that another call served. */
export function measureCost(
  { cost: known, unknownCosts }: RequestInstruments,
  names: GenAiNames,
  { cost, operation, route, upstream, actor }: AttemptRecord,
  actors: boolean,
): void {
  if (cost === undefined) return
  const attributes: Attributes = {
    [names.operation]: conventionalOperation(operation),
    [attributeNames.route]: route,
    [attributeNames.model]: upstream.model,
  }
  addUpstream(attributes, names, upstream)
  if (actors) attributes[attributeNames.actor] = actor.name
  if (cost.estimated === true) attributes[attributeNames.costEstimated] = true
  if (cost.unknown.length > 0) unknownCosts.add(1, attributes)
  if (isPriced(cost)) known.add(cost.picoUsd / picoPerUsd, attributes)
}

/** The cost on the span of a request. A cost of which something has no price is not shown as a whole one. */
export function addCost(attributes: Attributes, { cost }: RequestRecord): void {
  if (cost === undefined) return
  if (cost.usd !== undefined) attributes[attributeNames.costUsd] = cost.usd
  if (cost.unknown.length > 0) attributes[attributeNames.costUnknown] = [...cost.unknown]
  if (cost.estimated === true) attributes[attributeNames.costEstimated] = true
}

const picoPerUsd = 1e12

/** A cost of which nothing has a price is no cost of 0. */
function isPriced({ unknown, picoUsd }: NonNullable<AttemptRecord['cost']>): boolean {
  return unknown.length === 0 || picoUsd > 0
}
