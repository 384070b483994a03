import { longestModelName, modelName } from '../name-patterns.ts'

/** Makes DNS labels of model names, no two the same. */
export class RouteLabels {
  readonly #taken = new Set<string>()

  labelFor(name: string): string {
    const wanted = labelOf(name)
    let label = wanted
    for (let count = 2; this.#taken.has(label); count += 1) label = `${wanted.slice(0, 58)}-${count}`
    this.#taken.add(label)
    return label
  }
}

function labelOf(name: string): string {
  const label = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '')
  return label === '' ? 'route' : label
}

export function isModelName(name: string): boolean {
  return name.length <= longestModelName && modelName.test(name)
}

/** A route's own name is its public name, unless it has others. */
export function needsNames(label: string, names: readonly string[]): boolean {
  return names.length !== 1 || names[0] !== label
}
