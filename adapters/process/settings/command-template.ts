import { ModelspineError } from 'modelspine/adapter'

/** The values of placeholders in one run of one revision. */
export interface TemplateValues {
  readonly port: number
  /** Paths of the artifact's files. Empty for a file that is not on this machine. */
  readonly files: readonly string[]
  /** The address of the artifact's first file. */
  readonly uri: string
  /** The model's name and version in its registry. */
  readonly name: string
  readonly version: string
  readonly revision: string
  readonly key: string
}

const placeholder = /\{([A-Za-z]\w*(?:\.\d+)?)\}/g
const known = /^(port|model|files\.\d+|uri|name|version|revision|key)$/

/**
 * Throws `invalid-options` for an unknown placeholder. Braces around other text are left alone.
 */
export function checkTemplate(field: string, text: string): void {
  for (const [whole, name = ''] of text.matchAll(placeholder)) {
    if (known.test(name)) continue
    throw new ModelspineError(
      'invalid-options',
      `${field}: ${whole} is not a known placeholder; the known ones are {port}, {model}, {files.0} and so on, {uri}, {name}, {version}, {revision} and {key}`,
    )
  }
}

/** What a command takes of the artifact. */
export interface FilesUsed {
  /** The places of the files whose paths it takes. */
  readonly paths: ReadonlySet<number>
  /** Whether it takes the address of the first file, and so may fetch the file by itself. */
  readonly address: boolean
}

export function filesUsed(texts: readonly string[]): FilesUsed {
  const names = texts.flatMap((text) => [...text.matchAll(placeholder)].map(([, name = '']) => name))
  const places = names.flatMap((name) =>
    name === 'model' ? [0] : name.startsWith('files.') ? [Number(name.slice(6))] : [],
  )
  return { paths: new Set(places), address: names.includes('uri') }
}

export function fillTemplate(text: string, values: TemplateValues): string {
  return text.replace(placeholder, (whole, name: string) => {
    if (name === 'model') return values.files[0] ?? whole
    if (name.startsWith('files.')) return values.files[Number(name.slice(6))] ?? whole
    return String(values[name as Exclude<keyof TemplateValues, 'files'>] ?? whole)
  })
}
