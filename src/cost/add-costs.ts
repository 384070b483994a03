import type { Cost, CostClass } from './contract.ts'

/** The cost of two calls together. */
export function addCosts(one: Cost, other: Cost): Cost {
  const parts: Partial<Record<CostClass, number>> = { ...one.parts }
  for (const [name, pico] of Object.entries(other.parts) as [CostClass, number][]) {
    parts[name] = (parts[name] ?? 0) + pico
  }
  const picoUsd = one.picoUsd + other.picoUsd
  const unknown = [...new Set([...one.unknown, ...other.unknown])]
  const usd = unknown.length === 0 ? picoUsd / 1e12 : undefined
  const estimated = one.estimated ?? other.estimated
  return { usd, picoUsd, parts, unknown, ...(estimated && { estimated }) }
}
