import { ModelspineError } from '../../errors.ts'
import { nearestName } from './nearest-name.ts'

type Call = (...given: never[]) => unknown

type MethodOf<Part> = {
  [Name in keyof Part]-?: NonNullable<Part[Name]> extends Call ? Name : never
}[keyof Part] &
  string

type KindOf<Value> = Value extends Call
  ? 'function'
  : Value extends string
    ? 'string'
    : Value extends number
      ? 'number'
      : Value extends boolean
        ? 'boolean'
        : Value extends readonly unknown[]
          ? 'list'
          : Value extends object
            ? 'object' | `${MethodOf<Value>}()`
            : never

/**
 * Each option, and what its value must be: `function`, `list`, `object` …, or `pick()` for a part with that method. A `!`
 * stands behind what must be given. `any` is for what somebody else checks. The compiler refuses a list that lacks an option,
 * has one too many, or names a kind that the option's type does not have.
 */
export type OptionKinds<Options> = {
  readonly [Name in keyof Options]-?:
    | 'any'
    | (Record<never, never> extends Pick<Options, Name>
        ? KindOf<NonNullable<Options[Name]>>
        : `${KindOf<Options[Name]>}!`)
}

/**
 * Throws `invalid-options` for an option that does not exist, and for a value of another kind. No message shows a value,
 * because a misspelt option may hold a secret. `within` is the option that these options are the value of.
 */
export function checkOptions<Options extends object>(
  options: Options,
  kinds: OptionKinds<Options>,
  within = '',
): void {
  checkNames(options, kinds, within)
  for (const [name, kind] of Object.entries<string>(kinds)) {
    checkOption(nameIn(within, name), options[name as keyof Options], kind)
  }
}

/** Only the names: those of `known` are right. */
export function checkNames(options: object, known: object, within = ''): void {
  checkOption(within || 'options', options, 'object!')
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue
    const names = Object.keys(known)
    const near = nearestName(name, names)
    const hint = near === undefined ? `There are ${names.join(', ')}.` : `Did you mean "${near}"?`
    throw wrongOption(nameIn(within, name), `is not an option. ${hint}`)
  }
}

function nameIn(within: string, name: string): string {
  return within === '' ? name : `${within}.${name}`
}

/** The same for one value: `kind` is one of OptionKinds. */
export function checkOption(option: string, value: unknown, kind: string): void {
  const wanted = kind.replace('!', '')
  if (wanted === 'any' || (value === undefined && wanted === kind)) return
  const method = wanted.endsWith('()') ? wanted.slice(0, -2) : undefined
  const own = sortOf(value)
  if (method === undefined ? own === wanted : typeof Object(value)[method] === 'function') return
  const right = method === undefined ? shown(wanted) : `an object with the method ${method}`
  const hint = method !== undefined && own === 'function' ? ', such as a call of that function returns' : ''
  throw wrongOption(option, `is ${shown(own)}: give ${right}${hint}`)
}

function sortOf(value: unknown): string {
  if (value === undefined) return 'missing'
  return value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value
}

function shown(sort: string): string {
  if (sort === 'missing' || sort === 'null') return sort
  return `${sort === 'object' ? 'an' : 'a'} ${sort}`
}

/** `fault` says what the value is, and what would be right. */
export function wrongOption(option: string, fault: string): ModelspineError {
  return new ModelspineError('invalid-options', `${option} ${fault}`, { details: { field: option } })
}
