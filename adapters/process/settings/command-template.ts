import { ModelspineError } from 'modelspine/adapter'

/** The values of placeholders in one run of one revision. */
export interface TemplateValues {
  readonly port: number
  /** Paths of the artifact's files. */
  readonly files: readonly string[]
  /** The model's name and version in its registry. */
  readonly name: string
  readonly version: string
  readonly revision: string
  readonly key: string
}

const placeholder = /\{([A-Za-z]\w*(?:\.\d+)?)\}/g
const known = /^(port|model|files\.\d+|name|version|revision|key)$/

/**
 * Throws `invalid-options` for an unknown placeholder. Braces around other text are left alone.
 */
export function checkTemplate(field: string, text: string): void {
  for (const [whole, name = ''] of text.matchAll(placeholder)) {
    if (known.test(name)) continue
    throw new ModelspineError(
      'invalid-options',
      `${field}: ${whole} is not a known placeholder; the known ones are {port}, {model}, {files.0} and so on, {name}, {version}, {revision} and {key}`,
    )
  }
}

/** The number of files that the artifact must have. */
export function filesNeeded(texts: readonly string[]): number {
  const names = texts.flatMap((text) => [...text.matchAll(placeholder)].map(([, name = '']) => name))
  return Math.max(
    0,
    ...names.map((name) =>
      name === 'model' ? 1 : name.startsWith('files.') ? Number(name.slice(6)) + 1 : 0,
    ),
  )
}

export function fillTemplate(text: string, values: TemplateValues): string {
  return text.replace(placeholder, (whole, name: string) => {
    if (name === 'model') return values.files[0] ?? whole
    if (name.startsWith('files.')) return values.files[Number(name.slice(6))] ?? whole
    return String(values[name as Exclude<keyof TemplateValues, 'files'>] ?? whole)
  })
}
