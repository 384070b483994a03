import manifest from '../../package.json' with { type: 'json' }
import { liveServers } from '../live/servers/index.ts'
import { type CataloguedPart, catalogue } from './catalogue.ts'

/** The page that lists all adapters. Its table is written from the catalogue. */
export const tablePage = 'docs/adapters/README.md'

const begin = '<!-- The table is written by `npm run adapters`. -->\n'
const end = '<!-- The end of the table. -->\n'

/** The page with the present table in it. */
export function withTable(page: string, table: string = adapterTable()): string {
  const [before, rest = ''] = page.split(begin)
  const [, after] = rest.split(end)
  if (before === undefined || after === undefined) throw new Error(`${tablePage} has no place for the table`)
  return `${before}${begin}\n${table}\n${end}${after}`
}

export function adapterTable(parts: readonly CataloguedPart[] = catalogue): string {
  const rows = parts.map((part) => `| ${cellsOf(part).join(' | ')} |`)
  return ['| adapter | gives | it declares | how it is tested |', '|---|---|---|---|', ...rows, ''].join('\n')
}

function cellsOf(part: CataloguedPart): readonly string[] {
  const { adapter, factory, contract } = part
  return [
    `[\`${adapter}\`](${adapter}.md)`,
    `\`${factory}\`, a [${contract}](../contracts/${contract}.md)`.replace(' a [audit', ' an [audit'),
    declared(part.capabilities()),
    tierOf(part),
  ]
}

/** The capabilities in one line. */
function declared(capabilities: object): string {
  return Object.entries(capabilities)
    .map(([name, value]) => {
      if (value === true) return `\`${name}\``
      if (value === false) return `no \`${name}\``
      const words = Array.isArray(value) ? value.join(', ') || 'none' : String(value)
      return `\`${name}\`: ${words}`
    })
    .join('; ')
}

/** The tier: what stood behind the tests of the part. */
export function tierOf({ truth }: CataloguedPart): string {
  switch (truth.kind) {
    case 'live': {
      const { servers, played } = truth
      const simulated = played === undefined ? '' : `; a simulator plays ${played}`
      return `run live in version ${servers.map(versionOf).join(', ')}${simulated}`
    }
    case 'model': {
      const { file, emulator } = truth
      const emulated =
        emulator === undefined ? '' : `; in part run on an emulator in version ${versionOf(emulator)}`
      return `checked against the official model (\`${file}\`)${emulated}`
    }
    case 'library':
      return `run in process in version ${manifest.devDependencies[truth.package]} (${truth.package})`
    case 'client':
      return `checked with the vendor's own client in version ${manifest.devDependencies[truth.package]} (${truth.package})`
    case 'documentation':
      return 'written from documentation'
    case 'machine':
      return `no vendor: runs on ${truth.what} in all tests`
  }
}

/** A server that comes with the system. `npm run test:live` prints its version. */
const debian: Readonly<Record<string, string>> = { 'of the system': '2.42 of Debian 12' }

function versionOf(name: keyof typeof liveServers): string {
  const { version } = liveServers[name]
  return `${debian[version] ?? version} (${name})`
}
