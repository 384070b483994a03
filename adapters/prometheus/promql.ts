/**
 * Templates of PromQL. A template's text is read once, when the source is made. After that nothing that a query
 * brings can change more than the text of one string: not which metric, label or function is asked.
 */

import { type Key, ModelspineError, splitKey } from 'modelspine/adapter'
import { wrongOption } from '../shared/wrong-option.ts'
import type { ScrapedTarget } from './counter-growth.ts'

/** What stands for the variables of a template. */
export interface PromqlValues {
  readonly deployment: Key
  readonly revision: string
  readonly rangeMs: number
  /** In seconds since the epoch, as the API takes it. */
  readonly end: string
}

export interface PromqlTemplate {
  /** A selector with `[$range]` and nothing around it: the samples themselves are asked for. */
  readonly isCounter: boolean
  render(values: PromqlValues): string
}

/** A piece of a template: its own text, or what is made of the values. */
type Piece = string | ((values: PromqlValues) => string)

const labels: Readonly<Record<string, (values: PromqlValues) => string>> = {
  deployment: ({ deployment }) => deployment,
  namespace: ({ deployment }) => splitKey(deployment).namespace,
  name: ({ deployment }) => splitKey(deployment).name,
  revision: ({ revision }) => revision,
}

const times: Readonly<Record<string, (values: PromqlValues) => string>> = {
  range: ({ rangeMs }) => `${rangeMs}ms`,
  seconds: ({ rangeMs }) => String(rangeMs / 1000),
  end: ({ end }) => end,
}

const variable = /^\$(?:([a-zA-Z_]\w*)|\{([a-zA-Z_]\w*)\})/
const matcherBefore = /(?:=~|!~|!=|=)\s*$/
const regexBefore = /[=!]~\s*$/

/** `field` names the option in errors. Throws `invalid-options`. */
export function promqlTemplate(text: string, field: string): PromqlTemplate {
  const wrong = (why: string): ModelspineError => wrongOption(field, why)
  if (typeof text !== 'string' || text.trim() === '') throw wrong('is no query: write PromQL')
  const used = new Set<string>()
  const pieces: Piece[] = []
  /** What was read so far, without comments and without what stands in strings. */
  let code = ''
  let depth = 0
  let at = 0
  let from = 0

  /** Takes the variable at the present place, after the text before it. Undefined when it is none of them. */
  const take = (known: readonly string[], where: string): string | undefined => {
    const found = variable.exec(text.slice(at))
    if (found === null) return undefined
    const name = found[1] ?? found[2] ?? ''
    if (!known.includes(name)) {
      const all = [...Object.keys(labels), ...Object.keys(times)]
      if (all.includes(name)) throw wrong(`has $${name} ${where}`)
      throw wrong(`has $${name}; the variables are ${all.map((each) => `$${each}`).join(', ')}`)
    }
    used.add(name)
    pieces.push(text.slice(from, at))
    at += found[0].length
    from = at
    return name
  }

  /** Reads a string from its quote to the next one. */
  const readString = (quote: string): void => {
    const isMatched = depth > 0 && matcherBefore.test(code) && quote !== '`'
    const isRegex = regexBefore.test(code)
    at += 1
    while (at < text.length && text[at] !== quote) {
      if (text[at] === '\\' && quote !== '`') at += 2
      else if (text[at] === '$') {
        const name = take(isMatched ? Object.keys(labels) : [], 'in a string where no label is compared')
        if (name === undefined) at += 1
        else pieces.push((values) => quoted(labelValue(name, values, isRegex), quote))
      } else at += 1
    }
    if (at >= text.length) throw wrong(`has a string that does not end: ${text}`)
    at += 1
    code += '""'
  }

  while (at < text.length) {
    const character = text[at] as string
    if (character === '"' || character === "'" || character === '`') readString(character)
    else if (character === '#') {
      const end = text.indexOf('\n', at)
      at = end < 0 ? text.length : end
    } else if (character === '$') {
      const isMatched = depth > 0 && matcherBefore.test(code)
      const isRegex = regexBefore.test(code)
      const name = take(Object.keys(isMatched ? labels : times), `in the wrong place: ${text}`)
      if (name === undefined) throw wrong(`has a $ without a name: ${text}`)
      code += '$'
      const time = times[name]
      pieces.push(time ?? ((values) => `"${quoted(labelValue(name, values, isRegex), '"')}"`))
    } else {
      if (character === '{') depth += 1
      if (character === '}') depth -= 1
      code += character
      at += 1
    }
  }
  pieces.push(text.slice(from))
  if (!used.has('range')) {
    throw wrong('has no $range, so it would read samples from before the interval: write [$range]')
  }
  if (!used.has('revision')) {
    throw wrong('has no $revision, so it would answer the same for each: compare a label with $revision')
  }
  if (!used.has('deployment') && !used.has('name')) {
    throw wrong('has neither $deployment nor $name, so it would count other deployments too')
  }
  return {
    isCounter: /\[\s*\$(?:range|\{range\})\s*\]\s*$/.test(text),
    render: (values) => pieces.map((piece) => (typeof piece === 'string' ? piece : piece(values))).join(''),
  }
}

function labelValue(name: string, values: PromqlValues, isRegex: boolean): string {
  const value = labels[name]?.(values).toWellFormed() ?? ''
  return isRegex ? regexText(value) : value
}

/** A regular expression that only this text matches. */
function regexText(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')
}

/** The inside of a string of PromQL, which has the escapes of Go. */
function quoted(value: string, quote: string): string {
  let text = ''
  for (const character of value) {
    const code = character.charCodeAt(0)
    if (character === '\\' || character === quote) text += `\\${character}`
    else if (code < 0x20 || code === 0x7f) text += `\\x${code.toString(16).padStart(2, '0')}`
    else text += character
  }
  return text
}

/** Asks when these targets were scraped: `up` has a sample of each scrape. */
export function upQuery(targets: readonly ScrapedTarget[], rangeMs: number): string {
  const oneOf = (values: readonly string[]): string =>
    `"${quoted([...new Set(values)].map((value) => regexText(value.toWellFormed())).join('|'), '"')}"`
  const jobs = oneOf(targets.map(({ job }) => job))
  const instances = oneOf(targets.map(({ instance }) => instance))
  return `up{job=~${jobs},instance=~${instances}}[${rangeMs}ms]`
}

/**
 * Matchers to stand between braces, from labels that the app gives. No part of a value is taken as a variable of
 * a template. Throws `invalid-options` for a name that no label can have.
 */
export function matchersText(matchers: Readonly<Record<string, string>>, field: string): string {
  return Object.entries(matchers)
    .map(([name, value]) => {
      if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return `${name}="${plainText(value)}"`
      throw new ModelspineError('invalid-options', `${field} has "${name}", which is no name of a label`)
    })
    .join(',')
}

function plainText(value: string): string {
  return quoted(value.toWellFormed(), '"').replaceAll('$', '\\x24')
}
