export interface TextSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface TextFamily {
  readonly type: string
  readonly help: string
  readonly samples: readonly TextSample[]
}

const metricName = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const label = '([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\\\\n]|\\\\[\\\\"n])*)"'
const sampleLine = new RegExp(`^(${metricName})(?:\\{(${label}(?:,${label})*)\\})? (\\S+)$`)

const helpLine = new RegExp(`^# HELP (${metricName}) (.*)$`)
const typeLine = new RegExp(`^# TYPE (${metricName}) (counter|gauge|histogram)$`)
const eachLabel = new RegExp(label, 'g')

/** Reads the text format 0.0.4, and throws where Prometheus would, or would warn. */
export function readText(text: string): ReadonlyMap<string, TextFamily> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Map<string, { type: string; help: string; samples: TextSample[] }>()
  const seen = new Set<string>()
  let open = ''
  let help: readonly [string, string] | undefined
  for (const line of text.split('\n').slice(0, -1)) {
    const helped = helpLine.exec(line)
    const typed = typeLine.exec(line)
    if (helped !== null) {
      help = [helped[1] ?? '', helped[2] ?? '']
    } else if (typed !== null) {
      const [, name = '', type = ''] = typed
      if (families.has(name)) throw new Error(`${name} stands in two groups`)
      if (help?.[0] !== name) throw new Error(`${name} has no help before its type`)
      families.set(name, { type, help: help[1], samples: [] })
      open = name
    } else {
      const found = sampleLine.exec(line)
      if (found === null) throw new Error(`not a line of the format: ${line}`)
      const [, name = '', labels = ''] = found
      const family = families.get(open)
      const own = family?.type === 'histogram' ? [`${open}_bucket`, `${open}_sum`, `${open}_count`] : [open]
      if (!own.includes(name)) throw new Error(`${name} stands in the group of ${open}`)
      if (seen.has(`${name}{${labels}}`)) throw new Error(`twice: ${line}`)
      seen.add(`${name}{${labels}}`)
      family?.samples.push({ name, labels: labelsOf(labels), value: numberOf(found.at(-1) ?? '') })
    }
  }
  return families
}

function labelsOf(text: string): Record<string, string> {
  const plain: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' }
  return Object.fromEntries(
    [...text.matchAll(eachLabel)].map(([, name = '', value = '']) => [
      name,
      value.replace(/\\[\\"n]/g, (escaped) => plain[escaped] ?? ''),
    ]),
  )
}

function numberOf(text: string): number {
  if (/^[+-]Inf$/.test(text)) return text === '+Inf' ? Infinity : -Infinity
  if (text === 'NaN' || /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text)) return Number(text)
  throw new Error(`not a number: ${text}`)
}
