import type { Finding } from 'modelspine/adapter'
import { wrongOption } from '../shared/wrong-option.ts'
import { type CedarFault, type CedarLibrary, type CedarPolicyJson, faultText } from './cedar-library.ts'
import { cedarSchema } from './cedar-schema.ts'
import type { CedarText } from './cedar-source.ts'

/** One policy, with what its annotations say. */
export interface CedarPolicyText {
  /** `@id`, or else the name of the text and the place in it: `changes.cedar#2`. */
  readonly id: string
  readonly text: string
  readonly effect: 'permit' | 'forbid'
  /** The actions that it can be about. Undefined: all. */
  readonly actions?: readonly string[]
  readonly level: Finding['level']
  readonly message: string
}

export interface ReadOptions {
  /** Whether each policy has to follow our schema. */
  readonly validate: boolean
}

/** All policies of all texts. Throws `invalid-options` with the text and the line of what is wrong. */
export function readPolicies(
  library: CedarLibrary,
  texts: readonly CedarText[],
  options: ReadOptions,
): readonly CedarPolicyText[] {
  const policies = texts.flatMap((text) => policiesIn(library, text, options))
  if (policies.length === 0) throw refused('there is no policy, so everything would be denied')
  const ids = policies.map(({ id }) => id)
  const twice = ids.find((id, index) => ids.indexOf(id) < index)
  if (twice !== undefined) throw refused(`two of them are named ${twice}: give each another @id`)
  return policies
}

function policiesIn(library: CedarLibrary, text: CedarText, { validate }: ReadOptions): CedarPolicyText[] {
  try {
    const parts = partsOf(library, text)
    const policies = parts.map((part, index) => policyOf(library, part, `${text.name}#${index + 1}`))
    if (validate) checkSchema(library, text, policies)
    return policies
  } catch (error) {
    if (!isTrap(error)) throw error
    throw refused(`${text.name} makes Cedar break off, as a text does that nests too deep: ${error.message}`)
  }
}

/** The texts of the policies in their order. */
function partsOf(library: CedarLibrary, text: CedarText): readonly string[] {
  const parsed = library.policySetTextToParts(text.text)
  if (parsed.type !== 'success') throw faulty(text, parsed.errors.map(unnamed))
  const { policies, policy_templates: templates } = parsed
  if (templates.length > 0) {
    throw refused(
      `${text.name} has a template, and nothing fills its slots: write the principal or resource there`,
    )
  }
  const order = policies.map((_, index) => `policy${index}`).sort()
  return policies.map((_, index) => policies[order.indexOf(`policy${index}`)] ?? '')
}

function policyOf(library: CedarLibrary, text: string, name: string): CedarPolicyText {
  const read = library.policyToJson(text)
  if (read.type !== 'success') throw refused(`${name}: ${read.errors.map(faultText).join('; ')}`)
  const { effect, annotations = {} } = read.json
  const id = annotations.id || name
  const message = annotations.message || `the policy ${id} forbids it`
  const actions = actionsOf(read.json)
  return {
    id,
    text,
    effect,
    level: levelOf(annotations.level, effect, id),
    message,
    ...(actions !== undefined && { actions }),
  }
}

/** We give no groups of actions, so `in` an action is that action. */
function actionsOf({ action }: CedarPolicyJson): readonly string[] | undefined {
  if (action.op === 'All') return undefined
  const named = 'entities' in action ? action.entities : [action.entity]
  return named.map((each) => ('__entity' in each ? each.__entity.id : each.id))
}

const levels = { advisory: true, soft: true, hard: true } satisfies Record<Finding['level'], true>

function levelOf(
  level: string | null | undefined,
  effect: CedarPolicyText['effect'],
  id: string,
): Finding['level'] {
  if (level === undefined) return 'hard'
  if (effect === 'permit') throw refused(`${id} permits, and has a @level: only a forbid has one`)
  if (isLevel(level)) return level
  throw refused(`${id} has the @level "${level ?? ''}": write advisory, soft or hard`)
}

function isLevel(level: string | null): level is Finding['level'] {
  return level !== null && Object.hasOwn(levels, level)
}

interface Placed {
  readonly fault: CedarFault
  readonly id?: string
}

function checkSchema(library: CedarLibrary, text: CedarText, policies: readonly CedarPolicyText[]): void {
  const checked = library.validate({ schema: cedarSchema, policies: { staticPolicies: text.text } })
  if (checked.type !== 'success') throw faulty(text, checked.errors.map(unnamed))
  const never = checked.validationWarnings.filter(({ error }) => error.message.includes('is impossible'))
  const faults = [...checked.validationErrors, ...never].map(({ policyId, error }): Placed => {
    const id = policies[Number(policyId.replace(/^policy/, ''))]?.id
    const message = error.message.replace(`for policy \`${policyId}\`, `, '')
    const help = error.help?.replace(`for policy \`${policyId}\`, `, '') ?? null
    return { fault: { ...error, message, help }, ...(id !== undefined && { id }) }
  })
  if (faults.length > 0) throw faulty(text, faults)
}

function unnamed(fault: CedarFault): Placed {
  return { fault }
}

const shownFaults = 5

function faulty({ name, text }: CedarText, faults: readonly Placed[]): Error {
  const shown = faults.slice(0, shownFaults).map(({ fault, id }) => {
    const start = fault.sourceLocations?.[0]?.start
    const line = start === undefined ? '' : `, line ${lineAt(text, start)}`
    const policy = id === undefined ? '' : ` (${id})`
    return `${name}${line}${policy}: ${faultText(fault).replace('failed to parse policies from string: ', '')}`
  })
  const more = faults.length > shownFaults ? `; and ${faults.length - shownFaults} more` : ''
  return refused(`${shown.join('; ')}${more}`)
}

/** Cedar counts places in bytes. */
function lineAt(text: string, byte: number): number {
  return Buffer.from(text).subarray(0, byte).toString('utf8').split('\n').length
}

function refused(why: string): Error {
  return wrongOption('policies', `cannot be used: ${why}`)
}

/** WebAssembly broke off: at the end of its own stack, or of JavaScript's. */
function isTrap(error: unknown): error is Error {
  return error instanceof Error && (error.name === 'RuntimeError' || error.name === 'RangeError')
}
